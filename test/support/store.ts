import type { ServiceContext } from '../../lib/services/context.ts';
import { closeDb, openDb } from '../../lib/store/connection/db.ts';
import { openMemory } from '../../lib/store/connection/embedded.ts';
import { transaction } from '../../lib/store/connection/transaction.ts';
import { writeAuditSource } from '../../lib/store/entities/audit-sources.ts';
import { partitionedTables } from '../../lib/store/records/ensure-partitions.ts';
import { migrate } from '../../lib/store/upkeep/migrate.ts';
import { type TestDatabase, testDatabases } from './postgres.ts';
import { written } from './recount.ts';

export interface TestStore {
  url: string;
  ctx: ServiceContext;
  /** What `ctx.now()` answers. */
  setNow(at: number): void;
  query<T>(sql: string): Promise<T[]>;
  /** Every row of every table that a batch may write, and the roll-ups' sums, in an order of their own. */
  dump(): Promise<Record<string, string[]>>;
  /** Says that the log, read from files or else from a live source, is complete until `at`. */
  cover(at: number, from?: 'file' | 'cloudtrail'): Promise<void>;
  /** Deletes everything that was taken in; whoever reads meanwhile may see half of it. */
  clear(): Promise<void>;
  /** The same in one transaction, as other snapshots see it. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** What is dumped of the records: with names instead of ids, which depend on what came first. */
const views = ['kms_call', 'kms_attempt', 'operation_count', 'dek_activity', 'key_event'] as const;

/** Ids depend on what came first, places of raw records on how it was parted. */
const notDumped = ['key_id', 'process_id', 'boot_id', 'event_key_id', 'raw_no', 'raw_block'];

const tables = [...partitionedTables, 'process_boot', 'principal'] as const;
const sums = ['tally_open', 'tally_day', 'dek_pair', 'key_crossing'] as const;

/** What is kept of each key, with names, too. */
const nameOf = (kind: number, column: string) =>
  `(SELECT name FROM dimension WHERE kind = ${kind} AND id = t.${column})`;
const keyFacts: readonly (readonly [table: string, names: string])[] = [
  [
    'key_dek',
    `jsonb_build_object('key', ${nameOf(1, 'key')}, 'workspace', ${nameOf(2, 'workspace')})`,
  ],
  [
    'key_process',
    `jsonb_build_object('key', ${nameOf(1, 'key')}, 'process', ${nameOf(3, 'process')}, 'boot', ${nameOf(9, 'boot')})`,
  ],
  [
    'key_caller',
    `jsonb_build_object('key', ${nameOf(1, 'key')}, 'principal', ${nameOf(4, 'principal')}, 'services',
       (SELECT jsonb_agg(d.name ORDER BY 1) FROM dimension d WHERE d.kind = 10 AND t.services @> to_jsonb(d.id)))`,
  ],
];

/** With what is kept of them beside. */
const all = [
  ...tables,
  ...sums,
  ...keyFacts.map(([table]) => table),
  'key_alias',
  'audit_source',
  'detection_day',
  'detected_spike',
  'detected_series',
];

/** A migrated, empty store; in memory unless told how to open another. */
export async function openTestStore(
  open: () => Promise<TestDatabase> = testDatabases()[0]?.open ?? openMemory,
): Promise<TestStore> {
  const database = await open();
  await migrate(database.url);
  const db = await openDb(database.url);
  let now = Date.UTC(2026, 10, 23);
  const query = <T>(sql: string) => db.$queryRawUnsafe<T[]>(sql);
  return {
    url: database.url,
    ctx: { db, now: async () => now },
    setNow: (at) => {
      now = at;
    },
    query,
    dump: () => dump(query),
    cover: (at, kind = 'file') =>
      writeAuditSource(db, {
        id: kind,
        kind,
        status: kind === 'file' ? 'file' : 'ok',
        message: null,
        cursorAt: null,
        polledAt: null,
        coveredUntil: at,
        updatedAt: at,
      }),
    clear: async () => {
      await db.$executeRawUnsafe(`TRUNCATE ${[...all, 'setting'].join(', ')}`);
    },
    empty: () =>
      transaction(db, async (tx) => {
        for (const table of all) await tx.$executeRawUnsafe(`DELETE FROM ${table}`);
      }),
    close: async () => {
      await closeDb(db);
      await database.close();
    },
  };
}

async function dump(query: TestStore['query']): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  const read = async (name: string, sql: string) => {
    rows[name] = (await query<{ row: string }>(sql)).map(({ row }) => row);
  };
  for (const table of [...views, 'process_boot', 'principal'])
    await read(
      table,
      `SELECT (to_jsonb(t) - ARRAY['${notDumped.join("', '")}'])::text AS row FROM ${table} t ORDER BY 1`,
    );
  rows.sums = [...(await written({ query }))].map((cell) => JSON.stringify(cell)).sort();
  await read(
    'crossings',
    `SELECT d.name || ' ' || c.n AS row FROM key_crossing c JOIN dimension d ON d.kind = 1 AND d.id = c.key
     WHERE n <> 0 ORDER BY 1`,
  );
  for (const [table, names] of keyFacts)
    await read(table, `SELECT (to_jsonb(t) || ${names})::text AS row FROM ${table} t ORDER BY 1`);
  return rows;
}
