/** Google Cloud's and Azure's logs beside our telemetry: every event is somebody's, whatever came first. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { azureRow, vaultKey } from '../support/cloud-records.ts';
import { attemptName, type CloudStory, cloudStory } from '../support/cloud-story.ts';
import { attemptRecord, callRecord, emptyBatch } from '../support/records.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(() => store.clear());
afterAll(() => store.close());

const calls = sized({ ci: 240, long: 6_000 });

/** Telemetry and log in parts, in any order, some of the log again. */
async function deliver(told: CloudStory, parts: number, choose: () => number): Promise<void> {
  const batches = Array.from({ length: parts }, emptyBatch);
  const { telemetry } = told;
  const ofCall = ({ seq }: { seq: number }) => batches[seq % parts];
  for (const call of telemetry.calls) ofCall(call)?.calls.push(call);
  for (const row of telemetry.attempts) ofCall(row)?.attempts.push(row);
  for (const row of telemetry.operations) ofCall(row)?.operations.push(row);
  const logs = Array.from({ length: parts }, (): typeof told.audit => []);
  for (const record of told.audit) {
    logs[Math.floor(choose() * parts)]?.push(record);
    if (choose() < 0.2) logs[Math.floor(choose() * parts)]?.push(record);
  }
  const steps = [
    ...batches.map((input) => () => ingestTelemetry({ ctx: store.ctx, input })),
    ...logs.map((records) => () => {
      return ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
    }),
  ]
    .map((step) => ({ step, by: choose() }))
    .sort((a, b) => a.by - b.by);
  for (const { step } of steps) await step();
}

interface Joined {
  eventId: string;
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  method: string;
}

const joined = () =>
  store.query<Joined>(
    `SELECT event_id AS "eventId", process, boot, seq::float8 AS seq, attempt, join_method AS method
     FROM kms_attempt WHERE event_id IS NOT NULL`,
  );

describe.each([
  { provider: 'gcp', claims: true, methods: ['reason'] },
  { provider: 'gcp', claims: false, methods: ['assignment'] },
  { provider: 'azure', claims: true, methods: ['claim', 'request-id'] },
  { provider: 'azure', claims: false, methods: ['assignment', 'request-id'] },
] as const)('$provider, claims recorded: $claims', ({ provider, claims, methods }) => {
  const told = cloudStory({ provider, claims, seed: 7, calls, skewMs: 140 });

  test('every event is somebody’s and every attempt is at one event, in parts and in any order', async () => {
    await deliver(told, 5, seededRandom(3));
    const pairs = await joined();
    expect([...new Set(pairs.map(({ method }) => method))].sort()).toEqual(methods);
    expect(new Set(pairs.map(attemptName)).size).toBe(pairs.length);
    const right = pairs.filter((pair) => told.attemptOf.get(pair.eventId) === attemptName(pair));
    expect(right.length / told.attemptOf.size).toBeGreaterThanOrEqual(claims ? 1 : 0.99);
    await store.cover(told.to);
    const view = await explain({
      ctx: store.ctx,
      input: { window: { from: told.from, to: told.to } },
    });
    expect(view.ledger.lines.map(({ residual }) => residual)).toEqual([0, 0, 0, 0, 0]);
    const strangers = view.strangers.filter(({ kind }) => kind === 'stranger');
    expect(new Map(strangers.map(({ name, events }) => [name, events]))).toEqual(told.strangers);
    const agent = strangers.find(({ events }) => events === 30);
    expect(agent?.services).toEqual(provider === 'gcp' ? ['gs-project-accounts'] : []);
    const ours = view.strangers.filter(({ name }) => name === told.ours);
    // What telemetry lost cannot be told from other hands where nothing is claimed, nor from what saw no answer.
    const guessed = pairs.filter(({ eventId }) => !told.attemptOf.has(eventId)).length;
    expect(guessed).toBeLessThanOrEqual(0.01 * told.attemptOf.size);
    const left = told.lost + told.attemptOf.size - pairs.length;
    expect(ours.reduce((sum, { events }) => sum + events, 0)).toBe(claims ? 0 : left);
  });

  test('the order of arrival makes no difference', async () => {
    await deliver(told, 1, () => 0);
    const whole = await store.dump();
    await store.clear();
    await deliver(told, 4, seededRandom(11));
    expect(await store.dump()).toEqual(whole);
  });
});

test('calls that come one after the other leave no pair of long before apart', async () => {
  const told = cloudStory({
    provider: 'gcp',
    claims: false,
    seed: 7,
    calls: 1_600,
    skewMs: -1_400,
  });
  const log = { records: told.audit, source: 'files', seenAt: null } as const;
  await ingestAudit({ ctx: store.ctx, input: log });
  const { calls: all, attempts, operations } = told.telemetry;
  await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), operations } });
  const ends = [0, 1_560, 1_570, 1_580, 1_590, all.length];
  for (const [no, from] of ends.entries()) {
    const calls = all.slice(from, ends[no + 1]);
    const numbers = new Set(calls.map(({ process, seq }) => tupleKey(process, seq)));
    const own = attempts.filter(({ process, seq }) => numbers.has(tupleKey(process, seq)));
    await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), calls, attempts: own } });
  }
  await store.cover(told.to);
  const window = { from: told.from, to: told.to };
  const view = await explain({ ctx: store.ctx, input: { window } });
  expect(view.ledger.residual).toBe(0);
});

test('an exact match that comes later takes the place of a guessed one', async () => {
  const at = Date.UTC(2026, 10, 23, 12);
  const of = (seq: number, requestId: string | null) => {
    const call = callRecord({ at: at + 10 * seq, seq, key: vaultKey });
    const answer = requestId === null ? { status: null, outcome: 'outage' } : {};
    const attempts = [attemptRecord(call, { requestId, ...answer })];
    return { ...emptyBatch(), calls: [call], attempts };
  };
  const event = (ms: number, correlationId: string) => {
    const time = new Date(at + ms).toISOString();
    const [found] = [...findRecords(azureRow({ time, correlationId }))];
    return found?.parsed.kind === 'record' ? [found.parsed.record] : [];
  };
  const records = [...event(12, 'known'), ...event(22, 'other')];
  await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
  // The first shows whose events these are; the second never saw its answer.
  await ingestTelemetry({ ctx: store.ctx, input: of(1, 'known') });
  await ingestTelemetry({ ctx: store.ctx, input: of(2, null) });
  const pairs = async () => (await joined()).map(({ seq, method }) => [seq, method]).sort();
  expect(await pairs()).toEqual([
    [1, 'request-id'],
    [2, 'assignment'],
  ]);
  await ingestTelemetry({ ctx: store.ctx, input: of(3, 'other') });
  expect(await pairs()).toEqual([
    [1, 'request-id'],
    [3, 'request-id'],
  ]);
});
