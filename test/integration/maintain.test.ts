import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { packTallies } from '../../lib/store/rollups/pack-tallies.ts';
import { maintain } from '../../lib/store/upkeep/maintain.ts';
import { attemptRecord, callRecord, emptyBatch, operationRecord } from '../support/records.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minute = 60_000;
const from = Date.UTC(2026, 10, 23, 6);
const rounds = sized({ ci: 30, long: 2_000 });

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
afterAll(() => store?.close());

/** A few calls a minute of many workspaces, as a fleet at speed sends them. */
async function feed(round: number): Promise<void> {
  const calls = Array.from({ length: 40 }, (_, index) =>
    callRecord({
      at: from + round * minute + index * 1_000,
      seq: round * 40 + index + 1,
      workspace: `w${index}`,
      dek: `d${index}`,
    }),
  );
  const operations = calls.map(({ at, seq, workspace }) =>
    operationRecord({ at: at - (at % minute), seq, workspace, outcome: 'miss', n: 1 }),
  );
  const attempts = calls.map((call) => attemptRecord(call));
  await ingestTelemetry({
    ctx: store.ctx,
    input: { ...emptyBatch(), calls, attempts, operations },
  });
}

const one = async (sql: string): Promise<number> =>
  (await store.query<{ n: number }>(`SELECT (${sql})::float8 AS n`))[0]?.n ?? Number.NaN;
const sizes = () =>
  one("pg_total_relation_size('tally_open') + pg_total_relation_size('tally_day')");
const keep = async () => {
  await packTallies(store.ctx.db);
  await maintain(store.ctx.db);
};

test('the embedded database stays level: dead rows go, the planner knows the tables, the write log is short', async () => {
  for (let round = 0; round < rounds; round += 1) {
    await feed(round);
    if (round % 10 === 9) await keep();
  }
  const half = await sizes();
  for (let round = rounds; round < 2 * rounds; round += 1) {
    await feed(round);
    if (round % 10 === 9) await keep();
  }
  // Twice the minutes take twice the room at most.
  expect(await sizes()).toBeLessThanOrEqual(2 * half);
  const dead = await one(
    'SELECT max(n_dead_tup - 500 - 0.2 * n_live_tup) FROM pg_stat_user_tables',
  );
  expect(dead).toBeLessThanOrEqual(0);
  const unknown = await store.query<{ relname: string }>(
    'SELECT relname FROM pg_stat_user_tables WHERE n_live_tup > 1000 AND last_analyze IS NULL',
  );
  expect(unknown).toEqual([]);
  const wal = await one(
    'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) FROM pg_control_checkpoint()',
  );
  expect(wal).toBeLessThan(48 * 1024 * 1024);
});

test('a batch changes only the sums that it changes, and none that are packed', async () => {
  await keep();
  const of = async (table: string) => {
    // A session tells its counts once a second, unless it is asked to.
    await store.query('SELECT pg_stat_force_next_flush()::text');
    return one(
      `SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = '${table}'`,
    );
  };
  const [open, packed] = [await of('tally_open'), await of('tally_day')];
  await feed(2 * rounds + 1);
  expect(await of('tally_open')).toBeGreaterThan(open);
  // Calls, attempts and operations of forty workspaces and of all, and the calls of each once more.
  expect((await of('tally_open')) - open).toBeLessThan(4 * 42 + 10);
  expect(await of('tally_day')).toBe(packed);
});

test('a batch costs what is in it, not the square of what its hour already holds', async () => {
  await store.clear();
  const times: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const operations = Array.from({ length: 500 }, (_, index) =>
      operationRecord({
        at: from,
        seq: round * 500 + index + 1,
        workspace: `w${round * 500 + index}`,
        outcome: 'miss',
        n: 1,
      }),
    );
    const begun = performance.now();
    await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), operations } });
    times.push(performance.now() - begun);
  }
  const [, second = 0, , fourth = 0] = times;
  expect(fourth).toBeLessThan(4 * second + 1_000);
});
