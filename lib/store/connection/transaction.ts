import { type Db, isCluster } from './db.ts';
import { requireRoom } from './disk-room.ts';
import { rememberingNames } from './intern.ts';

/** What a query needs, whether it runs alone or inside a transaction. */
export interface Tx {
  $queryRawUnsafe<T>(query: string, ...values: unknown[]): Promise<T>;
  /** Resolves to how many rows were changed. */
  $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number>;
}

// Any constant that nothing else on the server locks; migrate.ts has one of its own.
const writersLock = 7_311_146_994n;

/** Keeps writers out until `tx` ends, others who read not. */
export const holdWriters = (tx: Tx): Promise<number> =>
  tx.$executeRawUnsafe(`SELECT pg_advisory_xact_lock_shared(${writersLock})`);

/**
 * Runs `work` in one transaction, one writer at a time: a join must see all that came before it, and two that
 * change the same rows would lose one another's changes. Short: everyone else waits; `msMax` bounds it.
 * @throws {AppError} on a full disk
 */
export async function transaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  msMax?: number,
): Promise<T> {
  requireRoom(db);
  // What is written to workers alone gets no number on the coordinator, by which readers see that something is new.
  const numbered = isCluster(db) ? ', pg_current_xact_id()' : '';
  return rememberingNames(db, (begin) =>
    db.$transaction(
      async (tx) => {
        begin(tx);
        await tx.$executeRawUnsafe(`SELECT pg_advisory_xact_lock(${writersLock})${numbered}`);
        return work(tx);
      },
      msMax === undefined ? {} : { timeout: msMax },
    ),
  );
}

/** Rows as the JSON parameter of `jsonb_to_recordset`, instants as ISO text. */
export function recordset(rows: readonly object[], instants: readonly string[]): string {
  return JSON.stringify(rows, (name, value: unknown) =>
    typeof value === 'number' && instants.includes(name) ? new Date(value).toISOString() : value,
  );
}
