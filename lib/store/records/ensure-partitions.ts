import { instantEnd, instantMin } from '../../domain/instant-range.ts';
import type { Db } from '../connection/db.ts';
import { requireRoom } from '../connection/disk-room.ts';
import { ValueRefused } from '../connection/value-refused.ts';

export const partitionedTables = [
  'call',
  'attempt',
  'lookup_count',
  'dek_use',
  'event',
  'event_id',
  'pair',
  'raw_block',
] as const;
export type PartitionedTable = (typeof partitionedTables)[number];

type Sql = Pick<Db, '$executeRawUnsafe' | '$queryRawUnsafe'>;

const known = new WeakMap<Sql, Set<string>>();

/**
 * Makes the monthly partitions of `table` that rows at `instants` (epoch ms) lack. Call it before the transaction that
 * inserts: a race with another process fails the statement.
 * @throws {ValueRefused} outside [2006, 2100): a broken clock must not fill the database with tables
 */
export async function ensurePartitions(
  db: Sql,
  table: PartitionedTable,
  instants: Iterable<number>,
): Promise<void> {
  const seen = known.get(db) ?? new Set<string>();
  known.set(db, seen);
  for (const [name, month] of monthsOf(table, instants)) {
    if (seen.has(name)) continue;
    requireRoom(db);
    await createPartition(db, table, name, month);
    seen.add(name);
  }
}

/**
 * Drops the monthly partitions of `table` that end at `before` (epoch ms) or earlier; resolves to those that begin
 * before it and go on. Not within a transaction.
 */
export async function dropPartitions(
  db: Sql,
  table: PartitionedTable,
  before: number,
): Promise<string[]> {
  const rows = await db.$queryRawUnsafe<{ name: string }[]>(
    'SELECT c.relname AS name FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid ' +
      'WHERE inhparent = to_regclass($1)',
    `"${table}"`,
  );
  const goOn: string[] = [];
  for (const { name } of rows) {
    const [, year, month] = /_(\d{4})_(\d{2})$/.exec(name) ?? [];
    if (Date.UTC(Number(year), Number(month), 1) > before) {
      if (Date.UTC(Number(year), Number(month) - 1, 1) < before) goOn.push(`"${name}"`);
      continue;
    }
    await db.$executeRawUnsafe(`DROP TABLE IF EXISTS "${name}"`);
    known.get(db)?.delete(name);
  }
  return goOn;
}

interface Month {
  start: string;
  end: string;
}

function monthsOf(table: PartitionedTable, instants: Iterable<number>): Map<string, Month> {
  const months = new Map<string, Month>();
  let start = 0;
  let end = 0;
  for (const at of instants) {
    if (at >= start && at < end) continue;
    if (!(at >= instantMin && at < instantEnd)) {
      throw new ValueRefused(`${table}: the instant ${at} is not between the years 2006 and 2100`);
    }
    const date = new Date(at);
    start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    const startIso = new Date(start).toISOString();
    const suffix = startIso.slice(0, 7).replace('-', '_');
    months.set(`${table}_${suffix}`, { start: startIso, end: new Date(end).toISOString() });
  }
  return months;
}

async function createPartition(
  db: Sql,
  table: PartitionedTable,
  name: string,
  { start, end }: Month,
): Promise<void> {
  if (await partitionExists(db, table, name)) return;
  try {
    await db.$executeRawUnsafe(
      `CREATE TABLE IF NOT EXISTS "${name}" PARTITION OF "${table}" ` +
        `FOR VALUES FROM ('${start}') TO ('${end}')`,
    );
  } catch (error) {
    // IF NOT EXISTS does not hold between two that begin at once: the loser fails in one of several
    // ways, all of them after the winner's partition is there.
    if (!(await partitionExists(db, table, name))) throw error;
  }
}

async function partitionExists(db: Sql, table: PartitionedTable, name: string): Promise<boolean> {
  const rows = await db.$queryRawUnsafe<unknown[]>(
    'SELECT 1 AS found FROM pg_inherits ' +
      'WHERE inhrelid = to_regclass($1) AND inhparent = to_regclass($2)',
    `"${name}"`,
    `"${table}"`,
  );
  return rows.length > 0;
}
