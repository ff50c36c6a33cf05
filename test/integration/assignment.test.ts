import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { attemptRecord, callRecord, emptyBatch, eventOf, keyArn } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { story } from '../support/story.ts';

/**
 * A log that a proxy has rid of its user agents, so that no event claims anything. Calls whose telemetry is lost are
 * left out, and other hands: without a claim nothing tells them from an unanswered attempt of the same second.
 */
const told = story(23, 240);
const alias = keyArn.replace(/key\/.*$/, 'alias/messages');
const numbers = new Set(told.telemetry.calls.map(({ process, seq }) => `${process} ${seq}`));
const audit = told.audit
  .filter(({ claim }) => claim !== null && numbers.has(`${claim.process} ${claim.seq}`))
  .filter(({ eventId }) => eventId !== 'replayed')
  // Without its key nothing is joined by time.
  .map((record) => ({ ...record, key: keyArn, claim: null }));

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(() => store.clear());
afterAll(() => store.close());

async function take(steps: readonly (() => Promise<unknown>)[]) {
  for (const step of steps) await step();
  return store.dump();
}

/** The telemetry and the log, each split into parts by `choose`. */
function parts(count: number, choose: () => number, key = keyArn): (() => Promise<unknown>)[] {
  const batches = Array.from({ length: count }, emptyBatch);
  const at = () => Math.floor(choose() * count);
  const number = new Map<string, number>();
  const ofCall = ({ process, seq }: { process: string; seq: number }) => {
    const id = `${process} ${seq}`;
    const known = number.get(id) ?? at();
    number.set(id, known);
    return known;
  };
  const { calls, attempts, operations } = told.telemetry;
  for (const call of calls) batches[ofCall(call)]?.calls.push({ ...call, key });
  for (const row of attempts) batches[ofCall(row)]?.attempts.push({ ...row, key });
  batches[0]?.operations.push(...operations.map((row) => ({ ...row, key })));
  const logs = Array.from({ length: count }, (): typeof audit => []);
  for (const record of audit) logs[at()]?.push(record);
  const steps = [
    ...batches.map((input) => () => ingestTelemetry({ ctx: store.ctx, input })),
    ...logs.map((records) => () => {
      return ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
    }),
  ];
  return steps
    .map((step) => ({ step, by: choose() }))
    .sort((a, b) => a.by - b.by)
    .map(({ step }) => step);
}

describe.each([
  ['its key', keyArn],
  ['an alias', alias],
])('a log without claims, of a service that registers %s', (_, key) => {
  test('is joined by request id, and what saw no answer by time', async () => {
    await take(parts(1, () => 0, key));
    const methods = await store.query<{ method: string; n: number }>(
      `SELECT join_method AS method, count(*)::float8 AS n FROM kms_attempt WHERE event_id IS NOT NULL
       GROUP BY 1 ORDER BY 1`,
    );
    const { truth } = told;
    expect(truth.byClaim).toBeGreaterThan(5);
    expect(methods).toEqual([
      { method: 'assignment', n: truth.byClaim },
      { method: 'request-id', n: truth.matched - truth.byClaim },
    ]);
    const wrong = await store.query<{ n: number }>(
      `SELECT count(*)::float8 AS n FROM kms_attempt a JOIN audit_event e ON e.event_id = a.event_id
       WHERE a.join_method = 'assignment' AND e.request_id NOT LIKE 'unseen-' || a.process || '-' || a.seq || '-%'`,
    );
    expect(wrong).toEqual([{ n: 0 }]);
    await store.cover(told.to);
    const window = { from: told.from, to: told.to };
    const { ledger } = await explain({ ctx: store.ctx, input: { window } });
    expect(ledger.lines.map(({ residual }) => residual)).toEqual([0, 0, 0, 0, 0]);
  });

  test('gives the same joins and roll-ups whatever came first and in however many parts', async () => {
    const whole = await take(parts(1, () => 0, key));
    for (const seed of [1, 2, 3, 4]) {
      await store.clear();
      expect(await take(parts(1 + seed, seededRandom(seed), key))).toEqual(whole);
    }
  });
});

test('of a principal that does claim leaves an event without one a suspect', async () => {
  await take([
    () => ingestTelemetry({ ctx: store.ctx, input: told.telemetry }),
    () => {
      const records = told.audit.map((record, at) =>
        at % 9 === 0 ? record : { ...record, claim: null },
      );
      return ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
    },
  ]);
  const assigned = await store.query("SELECT 1 FROM kms_attempt WHERE join_method = 'assignment'");
  expect(assigned).toEqual([]);
});

test('by time an alias is joined with its key alone, and with none once it was moved, whatever came first', async () => {
  const moved = keyArn.replace('1111', '2222');
  const calls = [1, 2, 3].map((seq) =>
    callRecord({ at: told.from + seq * 120_000, seq, key: alias }),
  );
  const attempts = calls.map((call) =>
    attemptRecord(call, call.seq === 2 ? { requestId: null, outcome: 'unreachable' } : {}),
  );
  const records = attempts.map((attempt, no) =>
    eventOf(attempt, {
      claim: null,
      requestId: attempt.requestId ?? 'unseen',
      key: no === 2 ? moved : keyArn,
    }),
  );
  const step = (no: number) => async () => {
    const some = { calls: calls.slice(no, no + 1), attempts: attempts.slice(no, no + 1) };
    await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), ...some } });
    const input = { records: records.slice(no, no + 1), source: 'files', seenAt: null };
    await ingestAudit({ ctx: store.ctx, input });
  };
  const assigned = () =>
    store.query<{ n: number }>(
      "SELECT count(*)::float8 AS n FROM kms_attempt WHERE join_method = 'assignment'",
    );
  for (const [first, second] of [
    [0, 1],
    [1, 0],
  ] as const) {
    await store.clear();
    await take([step(first), step(second)]);
    expect(await assigned()).toEqual([{ n: 1 }]);
    const movedLast = await take([step(2)]);
    expect(await assigned()).toEqual([{ n: 0 }]);
    await store.clear();
    expect(await take([step(2), step(second), step(first)])).toEqual(movedLast);
  }
});
