import type { Db } from '../connection/db.ts';
import { transaction } from '../connection/transaction.ts';
import { dropPartitions, partitionedTables } from '../records/ensure-partitions.ts';

/** In one statement. */
const rowsMax = 10_000;

/**
 * Drops calls, attempts, counts and events before `before` (epoch ms, a whole hour): months that lie wholly before it
 * at once, what is left some rows at a time. Roll-ups stay, and so does what later rows need to know of these. Once
 * `until` is aborted the rest is left to the next time. Not within a transaction.
 */
export async function dropOldRows(db: Db, before: number, until: AbortSignal): Promise<void> {
  const end = new Date(before).toISOString();
  await rememberDropped(db, end);
  for (const table of partitionedTables) {
    for (const part of await dropPartitions(db, table, before)) {
      const some = `SELECT ctid FROM ${part} WHERE at < $1::timestamptz LIMIT ${rowsMax}`;
      let gone = rowsMax;
      while (gone === rowsMax && !until.aborted)
        gone = await db.$executeRawUnsafe(
          `DELETE FROM ${part} WHERE ctid = ANY(ARRAY(${some}))`,
          end,
        );
    }
  }
}

/** Keeps the last number of each boot: without it later calls would seem to follow a gap. */
async function rememberDropped(db: Db, end: string): Promise<void> {
  await transaction(db, (tx) =>
    tx.$executeRawUnsafe(
      `INSERT INTO process_boot (process, boot, started_at, dropped_seq)
       SELECT process, boot, min(at), max(seq) FROM kms_call WHERE at < $1::timestamptz GROUP BY 1, 2
       ON CONFLICT (process, boot) DO UPDATE SET
         dropped_seq = greatest(process_boot.dropped_seq, excluded.dropped_seq)`,
      end,
    ),
  );
}
