/** A trail's files in S3 read as they are delivered, through the real client, from the sandbox's. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import { type AwsServer, type ServerFault, startAwsServer } from '../../lib/sandbox/aws/server.ts';
import { TrailBucket } from '../../lib/sandbox/aws/trail-bucket.ts';
import { type Cast, castOf, customerAccount } from '../../lib/sandbox/fleet/accounts.ts';
import { plantStranger } from '../../lib/sandbox/fleet/plants.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import { s3Reader } from '../../lib/sources/cloudtrail/s3-reader.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import { readAuditSources } from '../../lib/store/entities/audit-sources.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const region = 'eu-central-1';
const bucket = 'acme-trail';
const sourceId = `s3:${bucket}:${customerAccount}:${region}`;
const minuteMs = 60_000;
/** So late that the files of one reading lie on two days. */
const startMs = Date.UTC(2026, 10, 23, 23, 30);

let store: TestStore;
let clock: SandboxClock;
let cloud: AwsCloud;
let cast: Cast;
let server: AwsServer;
let reader: LogReader;
let fault: ((operation: string | null) => ServerFault | undefined) | undefined;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

beforeEach(async () => {
  await store.clear();
  fault = undefined;
  clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  cloud = new AwsCloud({
    clock,
    random: randomBytes,
    region,
    deliveryLagMs: { min: minuteMs, max: 4 * minuteMs },
    propagationMs: 0,
    trailBucket: bucket,
  });
  cast = castOf(cloud, 1);
  const trail = new TrailBucket({ clock, cloud, account: customerAccount, name: bucket });
  server = await startAwsServer({
    cloud,
    wall: systemClock,
    buckets: [trail],
    faults: ({ operation }) => fault?.(operation),
  });
  reader = readerFor(user('s3:*'));
});
afterEach(async () => {
  reader.close();
  await server.close();
});

const user = (...allow: string[]) =>
  cloud.addPrincipal({ account: customerAccount, kind: 'user', name: 'reader', allow });

function readerFor(
  { accessKeyId, secretAccessKey }: ReturnType<typeof user>,
  filesMax = 1_000,
  answerMsMax = 60_000,
): LogReader {
  return s3Reader({
    ...{ bucket, region, filesMax, answerMsMax },
    prefix: '',
    account: customerAccount,
    endpoint: server.url,
    credentials: { accessKeyId, secretAccessKey },
    sleep: async () => {},
  });
}

/** Twelve uses of the key a minute. */
function happen(minutes: number): void {
  for (let minute = 0; minute < minutes; minute += 1) {
    plantStranger(cloud, cast);
    clock.jumpTo(clock.now() + minuteMs);
  }
}

async function poll(with_ = reader): Promise<number> {
  store.setNow(clock.now());
  return pollLog({ ctx: store.ctx, input: { reader: with_, sourceId, startMs } });
}

const source = async () => (await readAuditSources(store.ctx.db)).find(({ id }) => id === sourceId);
const kept = async () =>
  (await store.query<{ id: string }>('SELECT event_id AS id FROM audit_event ORDER BY 1')).map(
    ({ id }) => id,
  );
const made = () =>
  cloud
    .events(customerAccount)
    .filter(({ record }) => record.eventSource === 'kms.amazonaws.com')
    .map(({ record }) => String(record.eventID))
    .sort();

test('every event comes in once, over midnight too, and digests and Insights are not read', async () => {
  for (let round = 0; round < 3; round += 1) {
    happen(12);
    await poll();
  }
  clock.jumpTo(clock.now() + 30 * minuteMs);
  await poll();
  expect(await kept()).toEqual(made());
  expect(await source()).toMatchObject({ kind: 's3', status: 'ok', message: null });
});

test('what fails half-way is read again, and nothing twice', async () => {
  happen(8);
  clock.jumpTo(clock.now() + 30 * minuteMs);
  let asked = 0;
  fault = (operation) => {
    asked += operation === 'GetObject' ? 1 : 0;
    return asked >= 2 ? { status: 500, code: 'InternalError', message: 'away' } : undefined;
  };
  await expect(poll()).rejects.toMatchObject({ code: 'unavailable' });
  expect((await kept()).length).toBeGreaterThan(0);
  expect(await source()).toMatchObject({ status: 'failed', cursorAt: null });
  fault = undefined;
  await poll();
  expect(await kept()).toEqual(made());
});

test('an answer that breaks off is no file: it is read again', async () => {
  happen(5);
  clock.jumpTo(clock.now() + 30 * minuteMs);
  fault = (operation) => (operation === 'GetObject' ? { cutAt: 100 } : undefined);
  await expect(poll()).rejects.toMatchObject({ code: 'unavailable' });
  fault = undefined;
  await poll();
  expect(await kept()).toEqual(made());
});

test('throttling is waited for, a denial says what to grant, too many files what to do', async () => {
  happen(10);
  clock.jumpTo(clock.now() + 30 * minuteMs);
  let slow = 3;
  fault = () => {
    slow -= 1;
    return slow >= 0 ? { status: 503, code: 'SlowDown', message: 'slow down' } : undefined;
  };
  await poll();
  expect(await kept()).toEqual(made());
  fault = undefined;
  const denied = readerFor(user());
  await expect(poll(denied)).rejects.toMatchObject({ code: 'forbidden' });
  denied.close();
  expect((await source())?.message).toMatch(/s3:ListBucket.*s3:GetObject/);
  const small = readerFor(user('s3:*'), 1);
  await poll(small);
  small.close();
  expect(await source()).toMatchObject({ status: 'behind' });
});

test('a trail that leaves KMS out, or reads, or writes nothing is named, with the command that mends it', async () => {
  const admin = user('cloudtrail:*', 's3:*');
  reader.close();
  reader = readerFor(admin);
  const change = (operation: 'PutEventSelectors' | 'StopLogging', input: object) =>
    cloud.call(admin, {
      ...{ service: 'cloudtrail', operation, sourceIp: '10.0.0.1', userAgent: 'aws-cli/2' },
      input: { TrailName: 'management-events', Name: 'management-events', ...input },
    });
  const select = (selector: object) =>
    change('PutEventSelectors', {
      EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true, ...selector }],
    });
  const gaps = async () => (await source())?.gaps ?? [];
  happen(1);
  clock.jumpTo(clock.now() + 30 * minuteMs);
  await poll();
  expect(await gaps()).toEqual([]);
  select({ ExcludeManagementEventSources: ['kms.amazonaws.com'] });
  await poll();
  expect(await gaps()).toEqual([
    {
      code: 'kms-excluded',
      evidence: expect.stringContaining('ExcludeManagementEventSources'),
      fix: expect.stringContaining('aws cloudtrail put-event-selectors --trail-name arn:aws:'),
    },
  ]);
  select({ ReadWriteType: 'WriteOnly' });
  await poll();
  expect((await gaps()).map(({ evidence }) => evidence)).toEqual([
    expect.stringContaining('events that write only'),
  ]);
  select({});
  change('StopLogging', {});
  await poll();
  expect((await gaps()).map(({ code }) => code)).toEqual(['not-logging']);
  // What was left out stays out of the files.
  happen(10);
  clock.jumpTo(clock.now() + 30 * minuteMs);
  const before = (await kept()).length;
  await poll();
  expect(await kept()).toHaveLength(before);
});

test('who may not ask how a trail is set up reads it all the same, and no gap is guessed', async () => {
  happen(5);
  clock.jumpTo(clock.now() + 30 * minuteMs);
  await poll();
  expect((await kept()).length).toBeGreaterThan(0);
  expect((await source())?.gaps).toEqual([]);
  reader.close();
  reader = readerFor(user('kms:*'));
  await expect(poll()).rejects.toMatchObject({ code: 'forbidden' });
  expect((await source())?.gaps).toEqual([
    {
      code: 'no-permission',
      evidence: expect.stringContaining('denied'),
      fix: expect.stringContaining('"s3:ListBucket"'),
    },
  ]);
});

test('an API that never answers is given up, and the next reading has it all', async () => {
  happen(5);
  clock.jumpTo(clock.now() + 30 * minuteMs);
  reader.close();
  reader = readerFor(user('s3:*'), 1_000, 1_000);
  fault = (operation) => (operation === 'GetObject' ? { delayMs: 20_000 } : undefined);
  await expect(poll()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('did not answer within 1 s'),
  });
  expect(await source()).toMatchObject({ status: 'failed', cursorAt: null });
  fault = undefined;
  await poll();
  expect((await kept()).length).toBeGreaterThan(0);
});
