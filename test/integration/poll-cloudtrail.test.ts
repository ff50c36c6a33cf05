import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import { type AwsServer, type ServerFault, startAwsServer } from '../../lib/sandbox/aws/server.ts';
import { type Cast, castOf, customerAccount } from '../../lib/sandbox/fleet/accounts.ts';
import { plantStranger } from '../../lib/sandbox/fleet/plants.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import { lookupReader } from '../../lib/sources/cloudtrail/lookup-reader.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import { readAuditSources, writeAuditSource } from '../../lib/store/entities/audit-sources.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const startMs = Date.UTC(2026, 10, 23, 12);
const minuteMs = 60_000;
const sourceId = `cloudtrail:${customerAccount}:eu-central-1`;

let store: TestStore;
let clock: SandboxClock;
let cloud: AwsCloud;
let cast: Cast;
let server: AwsServer;
let client: LogReader;
let pages = 0;
let faultOn: ((page: number) => ServerFault | undefined) | undefined;

beforeAll(async () => {
  store = await openTestStore();
});

beforeEach(async () => {
  await store.clear();
  pages = 0;
  faultOn = undefined;
  clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  cloud = new AwsCloud({
    clock,
    random: randomBytes,
    region: 'eu-central-1',
    deliveryLagMs: { min: minuteMs, max: 4 * minuteMs },
    propagationMs: 0,
  });
  cast = castOf(cloud, 1);
  server = await startAwsServer({
    cloud,
    wall: systemClock,
    faults: () => {
      pages += 1;
      return faultOn?.(pages);
    },
  });
  client = clientOf(cast.auditor);
  return async () => {
    client.close();
    await server.close();
  };
});

afterAll(() => store.close());

function clientOf({ accessKeyId, secretAccessKey }: Cast['auditor']): LogReader {
  return lookupReader({
    region: 'eu-central-1',
    endpoint: server.url,
    credentials: { accessKeyId, secretAccessKey },
    pageIntervalMs: 0,
    pagesMax: 200,
    sleep: async () => {},
  });
}

/** Uses the key twelve times so often, a minute apart, then lets everything be delivered. */
function happen(times: number): void {
  for (let time = 0; time < times; time += 1) {
    plantStranger(cloud, cast);
    clock.jumpTo(clock.now() + minuteMs);
  }
}

async function poll(with_ = client): Promise<number> {
  store.setNow(clock.now());
  return pollLog({ ctx: store.ctx, input: { reader: with_, sourceId, startMs } });
}

const source = async () => (await readAuditSources(store.ctx.db)).find(({ id }) => id === sourceId);
const kept = async () =>
  (await store.query<{ id: string }>('SELECT event_id AS id FROM audit_event ORDER BY 1')).map(
    ({ id }) => id,
  );
const delivered = () =>
  cloud
    .events(customerAccount)
    .filter(
      ({ visibleAt, record }) =>
        visibleAt <= clock.now() && record.eventSource === 'kms.amazonaws.com',
    )
    .map(({ record }) => String(record.eventID))
    .sort();

describe('polling LookupEvents', () => {
  test('a record that the store refuses is named and counted, the cursor moves, and the rest goes in', async () => {
    happen(10);
    clock.jumpTo(clock.now() + 10 * minuteMs);
    const bad = [delivered()[7], delivered()[100]];
    await store.query(
      `ALTER TABLE event ADD CONSTRAINT refused CHECK (id NOT IN ('${bad.join("', '")}'))`,
    );
    try {
      expect(await poll()).toBe(119);
      expect(await kept()).toEqual(delivered().filter((id) => !bad.includes(id)));
      const health = await source();
      expect(health).toMatchObject({ status: 'ok', cursorAt: clock.now() });
      expect(health?.message).toMatch(
        new RegExp(
          `left out: event (${bad.join('|')}): the store refuses it: .* Another 1 were left`,
        ),
      );
      const window = { from: startMs, to: clock.now() };
      const { coverage } = await explain({ ctx: store.ctx, input: { window } });
      expect(coverage.map(({ message }) => message)).toEqual([health?.message]);
    } finally {
      await store.query('ALTER TABLE event DROP CONSTRAINT refused');
    }
    // Once the store takes them, so does the next reading.
    expect(await poll()).toBe(2);
    expect((await source())?.message).toBeNull();
  });

  test('takes every page in, and again adds nothing', async () => {
    happen(10);
    clock.jumpTo(clock.now() + 10 * minuteMs);
    expect(delivered()).toHaveLength(121);
    expect(await poll()).toBe(121);
    expect(pages).toBe(3);
    const once = await store.dump();
    expect(await poll()).toBe(0);
    expect(await poll()).toBe(0);
    expect(await store.dump()).toEqual(once);
    expect(await kept()).toEqual(delivered());
  });

  test('a cursor that lies ahead, of an earlier sandbox, is not gone on from', async () => {
    const at = clock.now();
    const about = { id: sourceId, kind: 'cloudtrail', status: 'ok', message: null };
    const ahead = { ...about, cursorAt: at + 30 * 24 * 3_600_000, polledAt: at };
    await writeAuditSource(store.ctx.db, { ...ahead, coveredUntil: null, updatedAt: at });
    happen(1);
    clock.jumpTo(clock.now() + 10 * minuteMs);
    expect(await poll()).toBeGreaterThan(0);
    expect(await kept()).toEqual(delivered());
  });

  test('misses nothing that is delivered late, however the readings fall', async () => {
    let added = 0;
    for (let turn = 0; turn < 12; turn += 1) {
      happen(1);
      added += await poll();
    }
    clock.jumpTo(clock.now() + 10 * minuteMs);
    added += await poll();
    expect(await kept()).toEqual(delivered());
    expect(added).toBe(delivered().length);
  });

  test('does not take the age of what was there before it for a delivery lag', async () => {
    happen(3);
    const until = async () => (await source())?.coveredUntil;
    for (let turn = 0; turn < 2; turn += 1) {
      // First a log of hours is found, then one that was not read for hours.
      clock.jumpTo(clock.now() + 20 * 60 * minuteMs);
      await poll();
      await poll();
      expect((await source())?.lagMs).toBeNull();
      expect(await until()).toBe(clock.now() - 15 * minuteMs);
      happen(3);
    }
  });

  test('learns the delivery lag and covers only what is older than it', async () => {
    happen(3);
    await poll();
    const before = await source();
    expect(before?.coveredUntil).toBe((before?.cursorAt ?? 0) - 15 * minuteMs);
    for (let turn = 0; turn < 20; turn += 1) {
      clock.jumpTo(clock.now() + minuteMs / 2);
      await poll();
    }
    const learnt = (await source())?.lagMs ?? 0;
    expect(learnt).toBeGreaterThan(minuteMs);
    expect(learnt).toBeLessThanOrEqual(1.1 * 5 * minuteMs);
    await poll();
    const after = await source();
    expect(after).toMatchObject({ status: 'ok', message: null, cursorAt: clock.now() });
    expect(after?.coveredUntil).toBe(clock.now() - learnt);
    const window = { from: startMs, to: clock.now() };
    const view = await explain({ ctx: store.ctx, input: { window } });
    expect(view.coveredUntil).toBe(after?.coveredUntil);
    expect(view.coverage).toEqual([expect.objectContaining({ id: sourceId, status: 'ok' })]);
  });

  test('a page that fails leaves the cursor, keeps what came before it, and the next reading fills the gap', async () => {
    clock.jumpTo(clock.now() + 10 * minuteMs);
    await poll();
    const before = await source();
    happen(10);
    clock.jumpTo(clock.now() + 10 * minuteMs);
    const first = pages;
    faultOn = (page) =>
      page >= first + 2 ? { status: 500, code: 'InternalFailure', message: '' } : undefined;
    await expect(poll()).rejects.toMatchObject({ code: 'unavailable' });
    const { cursorAt, coveredUntil } = before ?? {};
    expect(await source()).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('InternalFailure'),
      cursorAt,
      coveredUntil,
    });
    expect((await kept()).length).toBeGreaterThan(1);
    expect((await kept()).length).toBeLessThan(delivered().length);
    faultOn = undefined;
    await poll();
    expect(await kept()).toEqual(delivered());
    expect(await source()).toMatchObject({ status: 'ok', message: null, cursorAt: clock.now() });
  });

  test('a reader without permission is recorded as failed, with what to grant', async () => {
    happen(1);
    const denied = clientOf(cast.stranger);
    await expect(poll(denied)).rejects.toMatchObject({ code: 'forbidden' });
    denied.close();
    expect(await source()).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('cloudtrail:LookupEvents'),
      gaps: [
        {
          code: 'no-permission',
          evidence: expect.stringContaining('denied'),
          fix: expect.stringContaining('aws iam put-role-policy'),
        },
      ],
      cursorAt: null,
      coveredUntil: null,
    });
    const view = await explain({
      ctx: store.ctx,
      input: { window: { from: startMs, to: clock.now() } },
    });
    expect(view.coveredUntil).toBeNull();
  });

  test('a log that cannot be reached is recorded as failed', async () => {
    await server.close();
    await expect(poll()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await source()).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('cannot be reached'),
    });
  });
});
