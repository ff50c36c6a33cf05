import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import { transaction } from '../../lib/store/connection/transaction.ts';
import { cuts } from '../../lib/store/rollups/description.ts';
import { packTallies } from '../../lib/store/rollups/pack-tallies.ts';
import { rebuildTallies } from '../../lib/store/rollups/rebuild-tallies.ts';
import { carryOverDays, carryOverSums } from '../../lib/store/upkeep/carry-over-sums.ts';
import { deleteKeyData } from '../../lib/store/upkeep/delete-key-data.ts';
import { testDatabases } from '../support/postgres.ts';
import { callRecord, emptyBatch, keyArn } from '../support/records.ts';
import { recount, written } from '../support/recount.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { type Story, story } from '../support/story.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

type Step = { telemetry: TelemetryBatch } | { audit: AuditRecord[] };

const rowKinds = ['calls', 'attempts', 'operations', 'deks'] as const;

/** Splits the rows into batches by `choose`, telemetry and audit apart. */
function deal(told: Story, batches: number, choose: () => number): Step[] {
  const telemetry = Array.from({ length: batches }, emptyBatch);
  const audit = Array.from({ length: batches }, (): AuditRecord[] => []);
  const at = () => Math.floor(choose() * batches);
  for (const kind of rowKinds) {
    for (const row of told.telemetry[kind]) telemetry[at()]?.[kind].push(row as never);
  }
  for (const record of told.audit) audit[at()]?.push(record);
  return [
    ...telemetry.map((part) => ({ telemetry: part })),
    ...audit.map((part) => ({ audit: part })),
  ];
}

/** Deals evenly: the first row to the first batch, the next to the next. */
function inTurn(batches: number): () => number {
  let turn = -1;
  return () => {
    turn += 1;
    return (turn % batches) / batches;
  };
}

const dekUse = { boot: 'boot0001', workspace: 'legal', dek: 'other', bytes: 1 };

/** As the release before had them. */
const oldTables = [
  `CREATE TABLE first_rollup_minute (minute timestamptz(3), measure text, key text, workspace text, process text,
     operation text, label text, n bigint)`,
  'CREATE TABLE first_dek_hour (hour timestamptz(3), workspace text, process text, dek text, uses bigint)',
];

/** The minutes as the release before summed them. */
const oldMinutes = `INSERT INTO first_rollup_minute (minute, measure, key, workspace, process, operation, label, n)
  SELECT date_trunc('minute', at, 'UTC'), measure, key, workspace, by, operation, label, sum(n) FROM (
    SELECT at, CASE path WHEN 'message' THEN 'messages' WHEN 'dropped' THEN 'dropped' ELSE 'operations' END AS measure,
      key, workspace, process AS by, path AS operation,
      CASE WHEN path IN ('message', 'dropped') THEN outcome ELSE scope || ':' || outcome END AS label, n
    FROM operation_count WHERE path <> 'complete'
    UNION ALL SELECT at, 'calls', key, workspace, process, operation, refined_cause, 1 FROM kms_call
    UNION ALL SELECT at, 'retries', key, workspace, process, operation, '', attempts - 1 FROM kms_call WHERE attempts > 1
    UNION ALL SELECT at, 'reopened', key, workspace, process, operation, tag, 1 FROM kms_call
      WHERE tag IS NOT NULL AND refined_cause IN ('load.reopened', 'load.first.historical')
    UNION ALL SELECT at, 'missing', key, workspace, process, '', '', gap FROM (SELECT *,
        seq - 1 - coalesce(lag(seq) OVER (PARTITION BY process, boot ORDER BY seq), 0) AS gap FROM kms_call) c WHERE gap > 0
    UNION ALL SELECT at, 'attempts', key, workspace, process, operation,
      CASE WHEN event_id IS NOT NULL THEN 'matched:' || join_method
        WHEN NOT sent THEN 'never-sent:' || coalesce(error_code, outcome)
        WHEN outcome <> 'outage' THEN 'unmatched:' || outcome WHEN status IS NULL THEN 'unmatched:no-answer'
        WHEN status >= 500 THEN 'unmatched:server-error' ELSE 'unmatched:throttled' END, 1 FROM kms_attempt
    UNION ALL SELECT at, 'events', coalesce(key, ''), coalesce(workspace, ''), principal, operation, state, 1 FROM audit_event
    UNION ALL SELECT at, 'events-also', other, coalesce(workspace, ''), principal, operation, state, 1
      FROM audit_event CROSS JOIN LATERAL unnest(other_keys) AS other) rows
  GROUP BY 1, 2, 3, 4, 5, 6, 7`;

describe.each(testDatabases())('ingest on $name', ({ missing, open }) => {
  let store: TestStore;
  const told = story(11);
  const whole: Step[] = [{ telemetry: told.telemetry }, { audit: told.audit }];

  const take = async (step: Step): Promise<number> => {
    const { ctx } = store;
    const { added } =
      'telemetry' in step
        ? await ingestTelemetry({ ctx, input: step.telemetry })
        : await ingestAudit({ ctx, input: { records: step.audit, source: 'files', seenAt: null } });
    return added;
  };
  const takeAll = async (steps: readonly Step[]) => {
    for (const step of steps) await take(step);
    return store.dump();
  };

  beforeAll(async () => {
    if (missing === null) store = await openTestStore(open);
  }, 60_000);
  beforeEach(async (context) => {
    if (missing !== null) return context.skip(missing);
    await store.clear();
  });
  afterAll(() => store?.close());

  test('the story is found as it was told: every term of the ledger, and no residual', async () => {
    await takeAll(whole);
    await store.cover(told.to);
    const window = { from: told.from, to: told.to };
    const { ledger, strangers } = await explain({ ctx: store.ctx, input: { window } });
    const { truth } = told;
    const terms = new Map(
      ledger.lines.flatMap(({ id, terms: own }) =>
        own.map((term) => [`${id} ${term.id}`, term.value]),
      ),
    );
    const found = (id: string) => terms.get(id) ?? 0;
    expect(ledger.lines.map(({ residual }) => residual)).toEqual([0, 0, 0, 0, 0]);
    expect(ledger.messages).toBe(truth.messages);
    expect({
      matched: found('log matched'),
      lost: found('events lost'),
      suspects: found('events suspect'),
      strangers: found('events stranger'),
      other: found('events other'),
      denied: found('log never-logged-denied across accounts'),
      throttled: found('log never-logged-throttled'),
      noAnswer: found('log never-logged-no answer'),
      neverSent: -found('attempts never-sent'),
      retries: found('attempts retries'),
    }).toEqual({
      matched: truth.matched,
      lost: truth.lost,
      suspects: truth.suspects,
      strangers: truth.strangers,
      other: truth.other,
      denied: truth.denied,
      throttled: truth.throttled,
      noAnswer: truth.noAnswer,
      neverSent: truth.neverSent,
      retries: truth.retries,
    });
    const byClaim = await store.query<{ n: number }>(
      `SELECT count(*)::float8 AS n FROM kms_attempt WHERE join_method = 'claim'`,
    );
    expect(byClaim[0]?.n).toBe(truth.byClaim);
    expect(strangers.map(({ kind, events }) => [kind, events])).toEqual([
      ['stranger', truth.strangers],
      ['suspect', truth.suspects],
    ]);
    for (const [name, n] of Object.entries(truth))
      expect({ name, n: n > 0 }).toEqual({ name, n: true });
  });

  test('a process whose clock is minutes off is joined all the same, also across the edges', async () => {
    const late = <T extends { at: number; process: string }>(row: T): T =>
      row.process === 'engine-1' ? { ...row, at: row.at + 3 * minuteMs } : row;
    const { calls, attempts, operations, deks } = told.telemetry;
    const telemetry = {
      ...told.telemetry,
      calls: calls.map(late),
      attempts: attempts.map(late),
      operations: operations.map(late),
      deks: deks.map(late),
    };
    await takeAll([{ telemetry }, { audit: told.audit }]);
    const { from, to } = told;
    for (const window of [
      { from, to: to + 5 * minuteMs },
      { from: from + 20 * minuteMs, to: from + 40 * minuteMs },
    ]) {
      const { ledger } = await explain({ ctx: store.ctx, input: { window } });
      expect(ledger.lines.map(({ residual }) => residual)).toEqual([0, 0, 0, 0, 0]);
    }
  });

  test('an event that names no key counts under the key of the request that it is of', async () => {
    await takeAll(whole);
    const window = { from: told.from, to: told.to };
    const of = async (filter: ExplainFilter) =>
      (await explain({ ctx: store.ctx, input: { window, filter } })).ledger.lines;
    const [all, ofKey] = [await of({}), await of({ key: keyArn })];
    expect(ofKey.map(({ residual }) => residual)).toEqual(all.map(() => 0));
    const matched = (lines: typeof all) =>
      lines.at(-1)?.terms.find(({ id }) => id === 'matched')?.value;
    expect(matched(ofKey)).toBe(matched(all));
    const keyless = told.audit.filter(({ key }) => key === null);
    expect(keyless.length).toBeGreaterThan(3);
    const under = await store.query('SELECT event_id FROM key_event WHERE key IS NULL');
    expect(under.length).toBe(keyless.length);
  });

  test('a batch taken twice counts once and says that nothing was new', async () => {
    const { calls, attempts, operations, deks } = told.telemetry;
    const rows = calls.length + attempts.length + operations.length + deks.length;
    expect(await take({ telemetry: told.telemetry })).toBe(rows);
    expect(await take({ audit: told.audit })).toBe(told.audit.length);
    const once = await store.dump();
    expect(await take({ telemetry: told.telemetry })).toBe(0);
    expect(await take({ audit: told.audit })).toBe(0);
    expect(await store.dump()).toEqual(once);
  });

  test('the log before telemetry and after it gives the same joins and roll-ups', async () => {
    const after = await takeAll(whole);
    await store.clear();
    expect(await takeAll([...whole].reverse())).toEqual(after);
  });

  test('batches split, shuffled and repeated in any way give the same rows, joins and roll-ups', async () => {
    const expected = await takeAll(whole);
    const splits = fc.record({
      batches: fc.integer({ min: 1, max: 8 }),
      seed: fc.nat(),
      repeat: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(splits, async ({ batches, seed, repeat }) => {
        const random = seededRandom(seed);
        const shuffled = deal(told, batches, random)
          .map((step) => ({ step, by: random() }))
          .sort((a, b) => a.by - b.by)
          .map(({ step }) => step);
        await store.clear();
        expect(await takeAll([...shuffled, ...shuffled.slice(0, repeat)])).toEqual(expected);
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  test('the roll-ups equal a recount of the raw rows, also after late batches corrected them', async () => {
    const steps = deal(told, 3, inTurn(3));
    for (const step of [...steps].reverse()) {
      await take(step);
      expect(await written(store)).toEqual(await recount(store));
    }
    expect((await written(store)).size).toBeGreaterThan(100);
  });

  test.each([
    { name: 'a second', beforeMs: 1_000 },
    { name: 'two minutes', beforeMs: 2 * minuteMs },
    { name: 'almost a TTL', beforeMs: hourMs - 1 },
    { name: 'a TTL', beforeMs: hourMs },
    { name: 'twenty hours (a lease of a day)', beforeMs: 20 * hourMs, leaseMs: 24 * hourMs },
    { name: 'ten minutes (an old DEK)', beforeMs: 10 * minuteMs, dekAgeMs: 48 * hourMs },
    { name: 'a lease and a TTL', beforeMs: 2 * hourMs, cause: 'load.first' },
  ])(
    'a first load is told from how another process held its DEK, $name before it, whichever comes first',
    async ({ beforeMs, leaseMs = hourMs, dekAgeMs = 0, cause = 'load.first.fan-out' }) => {
      const at = told.from + 30 * 24 * hourMs;
      const of = { cause: 'load.first', seq: 1 };
      const held = at - beforeMs;
      const other = { ...of, process: 'engine-8', at: held, leaseEndsAt: held + leaseMs };
      const boots = ['engine-8', 'engine-9'].map((process) => ({
        ...{ process, boot: 'boot0001', startedAt: told.from, tells: false },
        ...{ ttlMs: hourMs, dekRotationMs: null },
      }));
      const steps = [other, { ...of, process: 'engine-9', at, dekAgeMs }].map((call) => ({
        telemetry: { ...emptyBatch(), boots, calls: [callRecord(call)] },
      }));
      for (const order of [steps, [...steps].reverse()]) {
        await store.clear();
        for (const step of order) await take(step);
        const rows = await store.query(
          `SELECT process, refined_cause AS cause FROM kms_call ORDER BY process`,
        );
        expect(rows).toEqual([
          { process: 'engine-8', cause: 'load.first' },
          { process: 'engine-9', cause },
        ]);
      }
    },
  );

  test('packing moves sums and changes none, also of what comes late into hours that are packed', async () => {
    const late = { ...told.telemetry, boots: [] };
    const later = callRecord({ at: told.to + 2 * hourMs, seq: 1, process: 'engine-9' });
    for (const step of [
      ...deal(told, 3, inTurn(3)),
      { telemetry: { ...emptyBatch(), calls: [later] } },
      { telemetry: late },
    ]) {
      await take(step);
      await packTallies(store.ctx.db);
      expect(await written(store)).toEqual(await recount(store));
    }
    const [open] = await store.query<{ n: number }>(
      `SELECT count(*)::float8 AS n FROM tally_open WHERE at < ${told.to / minuteMs}`,
    );
    expect(open?.n).toBe(0);
  });

  test('a rebuild from the events gives the sums that were written while they came in', async () => {
    const written = await takeAll(deal(told, 3, inTurn(3)));
    const touched = 'SELECT key, day, touched FROM detection_day ORDER BY key, day';
    const before = await store.query<{ touched: number }>(touched);
    await rebuildTallies(store.ctx.db);
    expect(await store.dump()).toEqual(written);
    // Spikes are looked for again, in what is counted now.
    const after = await store.query<{ touched: number }>(touched);
    expect(after.length).toBe(before.length);
    for (const [no, row] of after.entries())
      expect(Number(row.touched)).toBeGreaterThan(Number(before[no]?.touched));
    expect(written.sums?.length).toBeGreaterThan(100);
    expect(written.crossings?.length).toBeGreaterThan(0);
  });

  test('what is deleted with a key is in no sum any more, and all else is as it was', async () => {
    await takeAll(whole);
    const key = `${keyArn}-other`;
    const calls = [1, 4].map((seq) =>
      callRecord({ at: told.from, seq, process: 'engine-9', key, dek: 'other' }),
    );
    const deks = [{ ...dekUse, process: 'engine-9', at: told.from, seq: 1, uses: 3 }];
    await take({ telemetry: { ...emptyBatch(), calls, deks } });
    await transaction(store.ctx.db, (tx) => deleteKeyData(tx, keyArn));
    expect(await written(store)).toEqual(await recount(store));
    const measures = [...(await written(store)).keys()].map((id) => JSON.parse(id)[4]);
    // Of events that name no key, those of no request stay: copies.
    const kept = ['asked', 'calls', 'events', 'missing', 'pairs', 'uses'];
    expect([...new Set(measures)].sort()).toEqual(kept);
    const states = await store.query(
      `SELECT DISTINCT state, other_keys AS "otherKeys" FROM audit_event ORDER BY 1`,
    );
    expect(states).toEqual([{ state: 'copy', otherKeys: [] }]);
    expect(await store.query('SELECT key FROM pair')).toEqual([]);
  });

  test('what an earlier release has summed is carried over as ingest sums it now', async () => {
    const written = await takeAll(whole);
    const { db } = store.ctx;
    for (const table of oldTables) await db.$executeRawUnsafe(table);
    await db.$executeRawUnsafe(oldMinutes);
    await db.$executeRawUnsafe(
      `INSERT INTO first_dek_hour SELECT date_trunc('hour', at, 'UTC'), workspace, process, dek, sum(uses)
       FROM dek_activity GROUP BY 1, 2, 3, 4`,
    );
    await db.$executeRawUnsafe('TRUNCATE tally_open, tally_day');
    await carryOverSums(db);
    expect(await store.dump()).toEqual(written);
    const left = await store.query(
      `SELECT to_regclass('first_rollup_minute') IS NULL AND to_regclass('first_dek_hour') IS NULL AS gone`,
    );
    expect(left).toEqual([{ gone: true }]);
  });

  test('days that an earlier release packed get their totals and what menus read', async () => {
    await takeAll(whole);
    const { db } = store.ctx;
    await rebuildTallies(db);
    const packed = await store.dump();
    await db.$executeRawUnsafe(
      `CREATE TABLE first_tally_day AS SELECT key, cut, who, day, hours, minutes FROM tally_day
       WHERE cut <> ${cuts.workspaces}`,
    );
    expect(await store.query('SELECT key FROM first_tally_day LIMIT 1')).not.toEqual([]);
    await db.$executeRawUnsafe('TRUNCATE tally_day');
    await carryOverDays(db);
    expect(await store.dump()).toEqual(packed);
    expect(await written(store)).toEqual(await recount(store));
  });

  test('batches that come in at once, and packing between them, give what they give in turn', async () => {
    const expected = await takeAll(whole);
    for (const batches of [1, 4]) {
      await store.clear();
      const steps = deal(told, batches, inTurn(batches));
      await Promise.all([...steps.map(take), packTallies(store.ctx.db)]);
      expect(await store.dump()).toEqual(expected);
      // Senders that are live go in together.
      await store.clear();
      const bounds = { rowsPerTransaction: 50, live: true };
      const sent = deal(told, 6, inTurn(6)).map((step) =>
        'audit' in step
          ? take(step)
          : ingestTelemetry({
              ctx: store.ctx,
              input: { ...step.telemetry, boots: told.telemetry.boots },
              bounds,
            }),
      );
      await Promise.all(sent);
      expect(await store.dump()).toEqual(expected);
    }
  }, 60_000);
});
