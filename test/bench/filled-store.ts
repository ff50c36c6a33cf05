/**
 * A PostgreSQL of this run only, filled with a fleet's month, its roll-ups and what is kept of its spikes. Or the empty
 * database at KEYTIDE_BENCH_DATABASE, which later runs find filled: some sizes take longer to fill than to measure.
 */
import { performance } from 'node:perf_hooks';
import { keepSpikes } from '../../lib/services/answers/keep-spikes.ts';
import { closeDb, connectClient, type Db, openDb } from '../../lib/store/connection/db.ts';
import { ensurePartitions, partitionedTables } from '../../lib/store/records/ensure-partitions.ts';
import { rebuildTallies } from '../../lib/store/rollups/rebuild-tallies.ts';
import { migrate } from '../../lib/store/upkeep/migrate.ts';
import { postgresServer, type TestDatabase } from '../support/postgres.ts';
import { CannotRun } from './bench-row.ts';
import { type FillSize, fillStore } from './explain-fill.ts';

const dayMs = 86_400_000;

export interface FilledStore {
  url: string;
  db: Db;
  close(): Promise<void>;
}

/** @throws {CannotRun} where there is no PostgreSQL */
export async function openFilled(bench: string, size: FillSize): Promise<FilledStore> {
  const kept = process.env.KEYTIDE_BENCH_DATABASE;
  if (kept !== undefined) return openOn({ url: kept, close: async () => undefined }, bench, size);
  return openOn(await privateServer(), bench, size);
}

/** An empty database of a PostgreSQL of this run only. @throws {CannotRun} */
export async function privateServer(): Promise<TestDatabase> {
  const { missing, open } = postgresServer();
  if (missing !== null) throw new CannotRun(missing);
  return open();
}

async function openOn(database: TestDatabase, bench: string, size: FillSize): Promise<FilledStore> {
  try {
    await migrate(database.url);
    const db = await openDb(database.url);
    const close = async () => {
      await closeDb(db);
      await database.close();
    };
    if (!(await isFilled(db))) await fill(db, { url: database.url, size, bench });
    return { url: database.url, db, close };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function isFilled(db: Db): Promise<boolean> {
  const [row] = await db.$queryRawUnsafe<{ filled: boolean }[]>(
    'SELECT EXISTS (SELECT FROM call) AS filled',
  );
  return row?.filled === true;
}

/** How many calls the store is to hold. @throws {CannotRun} */
export function callsWanted(): number {
  const wanted = Number(process.env.KEYTIDE_BENCH_CALLS ?? 5_000_000);
  if (Number.isSafeInteger(wanted) && wanted >= 50_000 && wanted <= 100_000_000) return wanted;
  throw new CannotRun('KEYTIDE_BENCH_CALLS must be a whole number from 50000 to 100000000');
}

/** How many audit records are to be imported or joined. @throws {CannotRun} */
export function recordsWanted(): number {
  const wanted = Number(process.env.KEYTIDE_BENCH_RECORDS ?? 1_000_000);
  if (Number.isSafeInteger(wanted) && wanted >= 1_000 && wanted <= 100_000_000) return wanted;
  throw new CannotRun('KEYTIDE_BENCH_RECORDS must be a whole number from 1000 to 100000000');
}

/** As `1M` or `100k`. */
export const sizeName = (n: number): string => (n >= 1e6 ? `${n / 1e6}M` : `${n / 1e3}k`);

/** What a measurement's name says of another number of calls than the usual five million. */
export function suffixOf(calls: number): string {
  return calls === 5_000_000 ? '' : `.${sizeName(calls)}`;
}

async function fill(
  db: Db,
  { url, size, bench }: { url: string; size: FillSize; bench: string },
): Promise<void> {
  const began = performance.now();
  const say = (what: string) => {
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    process.stderr.write(`bench: ${bench}: ${seconds} s: ${what}\n`);
  };
  const end = size.from + size.days * dayMs;
  const days = Array.from({ length: size.days + 1 }, (_, day) => size.from + day * dayMs);
  for (const table of partitionedTables) await ensurePartitions(db, table, days);
  await fillStore(url, size, say);
  say('roll-ups');
  await rebuildTallies(db);
  say('spikes');
  await keepSpikes({ ctx: { db, now: async () => end } });
  say('statistics');
  const client = await connectClient(url);
  await client.query('VACUUM ANALYZE').finally(() => client.end());
  say('measuring');
}
