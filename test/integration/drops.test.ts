import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { metrics } from '../../lib/services/answers/metrics.ts';
import { describeSpike } from '../../lib/services/answers/spike-detail.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import type { LogContext, ServiceContext } from '../../lib/services/context.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { EventLog } from '../../lib/store/event-log/event-log.ts';
import { gcpKey } from '../support/cloud-records.ts';
import { type DropKind, dropKinds, withDrop } from '../support/planted-drops.ts';
import { auditRecord, customer, emptyBatch, keyArn } from '../support/records.ts';
import { type Scenario, sandboxAfternoon, scenario } from '../support/scenario.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minuteMs = 60_000;
/** A suspect beside the life of the service. */
const seeds = sized({ ci: [7], long: [7, 23, 31, 47, 55, 71, 79, 95] });

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
afterAll(() => store.close());

async function take({ telemetry, audit, to }: Scenario): Promise<void> {
  const { ctx } = store;
  await store.clear();
  await ingestTelemetry({ ctx, input: { ...telemetry, deks: [] } });
  await ingestAudit({ ctx, input: { records: audit, source: 'files', seenAt: null } });
  await store.cover(to, 'cloudtrail');
}

async function dropsOf(told: Scenario) {
  await take(told);
  const window = { from: told.from, to: told.to };
  const { spikes } = await listSpikes({ ctx: store.ctx, input: { window, filter: {} } });
  return spikes.filter(({ direction }) => direction === 'drop');
}

describe.each(seeds)('in the life of seed %i', (seed) => {
  let living: Scenario;
  beforeAll(async () => {
    living = await scenario(seed);
  }, 60_000);

  test('nothing falls where nothing was planted, with telemetry or by the log alone', async () => {
    expect(await dropsOf(living)).toEqual([]);
    expect(await dropsOf({ ...living, telemetry: emptyBatch() })).toEqual([]);
  });

  test.each<DropKind>(dropKinds)('a drop by %s is found and named', async (kind) => {
    const told = withDrop(living, { kind, told: false });
    const drops = await dropsOf(told);
    expect(drops.map(({ drop }) => drop?.kind)).toEqual([kind]);
    const [found] = drops;
    expect(Math.abs((found?.from ?? 0) - told.fellAt)).toBeLessThanOrEqual(5 * minuteMs);
    expect(found?.to).toBeGreaterThanOrEqual(told.to - 2 * minuteMs);
    expect(found?.drop?.evidence.length).toBeGreaterThan(0);
  });

  test('a log that lacks what was denied in another account was not switched off', async () => {
    const from = living.to - 40 * minuteMs;
    const denied = { outcome: 'denied' as const, leaseEndsAt: null };
    const { telemetry, audit } = living;
    const calls = telemetry.calls.map((one) => (one.at < from ? one : { ...one, ...denied }));
    const drops = await dropsOf({
      ...living,
      telemetry: { ...telemetry, calls },
      audit: audit.filter(({ at }) => at < from),
    });
    expect(drops.map(({ drop }) => drop?.kind)).not.toContain('log-off');
    // The same calls as answered ones: then it was.
    const lost = await dropsOf({ ...living, audit: audit.filter(({ at }) => at < from) });
    expect(lost.map(({ drop }) => drop?.kind)).toContain('log-off');
  });

  test('the log alone tells a drop from its own rhythm, and why only where it says so itself', async () => {
    const silent = withDrop(living, { kind: 'service-gone', told: false });
    const unknown = await dropsOf({ ...silent, telemetry: emptyBatch() });
    expect(unknown.map(({ drop }) => drop?.kind)).toEqual(['unknown']);
    const stopped = withDrop(living, { kind: 'log-off', told: true });
    const named = await dropsOf({ ...stopped, telemetry: emptyBatch() });
    expect(named.map(({ drop }) => drop?.kind)).toEqual(['log-off']);
    expect(named[0]?.sentence).toContain('StopLogging by arn:aws:iam::200000000001:user/admin');
  });

  test('what was done to the trail is no event on the key', async () => {
    const events = async (told: boolean) => {
      await take(withDrop(living, { kind: 'service-gone', told }));
      const window = { from: living.from, to: living.to };
      const { ledger } = await explain({ ctx: store.ctx, input: { window } });
      return ledger.lines;
    };
    expect(await events(true)).toEqual(await events(false));
  });

  test('a log that is not complete yet has not fallen', async () => {
    const told = withDrop(living, { kind: 'service-gone', told: false });
    await take({ ...told, to: told.fellAt });
    const window = { from: told.from, to: told.to };
    const { spikes } = await listSpikes({ ctx: store.ctx, input: { window, filter: {} } });
    expect(spikes.filter(({ direction }) => direction === 'drop')).toEqual([]);
  });
});

test('a drop alarms: in the first sentences, in the metrics, and on a page of its own', async () => {
  const told = withDrop(await scenario(7), { kind: 'service-gone', told: false });
  const [drop] = await dropsOf(told);
  const { ctx } = store;
  const window = { from: told.from, to: told.to };
  const { alarms, sentences, spikes } = await explain({ ctx, input: { window } });
  expect(alarms.map(({ id }) => id)).toContain('drop');
  expect(sentences.join(' ')).toMatch(/Requests fell: 2026-11-20 .*the service is gone/);
  expect(spikes).toContainEqual(drop);
  const { text } = await metrics({ ctx, input: { until: told.to } });
  expect(text).toMatch(/keytide_drop_missing_requests\{kind="service-gone"\} [1-9]/);
  const page = await describeSpike({
    ctx,
    input: { id: drop?.id ?? '', filter: { key: drop?.key ?? '' } },
  });
  expect(page).toMatchObject({ direction: 'drop', drop: { kind: 'service-gone' } });
});

test('the sandbox’s own afternoon has no drop, though its deploy is followed by a lull', async () => {
  const afternoon = await sandboxAfternoon(1);
  expect(await dropsOf(afternoon)).toEqual([]);
  expect(await dropsOf({ ...afternoon, telemetry: emptyBatch() })).toEqual([]);
}, 120_000);

describe('logs of files that end apart', () => {
  const start = Date.UTC(2026, 10, 23);
  const hours = 8;
  const abroad = keyArn.replace('eu-central-1', 'us-east-1');
  const another = keyArn.replace('11111111', '22222222');

  /** Six events a minute of each key, until its hour. */
  const eventsOf = (keys: readonly (readonly [key: string, untilHour: number])[]) =>
    keys
      .flatMap(([key, untilHour], no) =>
        Array.from({ length: untilHour * 360 }, (_, at) =>
          auditRecord({
            eventId: `e${no}-${at}`,
            at: start + at * 10_000,
            key,
            provider: key === gcpKey ? 'gcp' : 'aws',
            recipientAccount: key === gcpKey ? null : customer,
          }),
        ),
      )
      .sort((a, b) => a.at - b.at);

  const now = async () => start;
  const inMemory = async (records: AuditRecord[]): Promise<LogContext> => {
    const log = new EventLog();
    for (const record of records) log.add(record, 'unclaimed');
    return { db: log, now };
  };
  const inDatabase = async (records: AuditRecord[]): Promise<ServiceContext> => {
    const { ctx } = store;
    await store.clear();
    await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
    await store.cover(records.at(-1)?.at ?? start);
    return { ...ctx, now };
  };

  test.each([
    ['in memory', inMemory],
    ['in the database', inDatabase],
  ])('%s: the end of one log is no drop, but a key that stops within it is', async (_, taken) => {
    const fallen = async (keys: Parameters<typeof eventsOf>[0]) => {
      const ctx = await taken(eventsOf(keys));
      const window = { from: start, to: start + hours * 60 * minuteMs };
      const view = await explain({ ctx, input: { window } });
      return view.sentences.filter((text) => text.startsWith('Requests fell')).length;
    };
    const short = hours / 2;
    expect(
      await fallen([
        [keyArn, short],
        [gcpKey, hours],
      ]),
    ).toBe(0);
    expect(
      await fallen([
        [keyArn, short],
        [abroad, hours],
      ]),
    ).toBe(0);
    expect(
      await fallen([
        [keyArn, short],
        [another, hours],
      ]),
    ).toBe(1);
  });
});
