import type { Db } from '../connection/db.ts';
import { transaction } from '../connection/transaction.ts';
import { dropPartitions, partitionedTables } from '../records/ensure-partitions.ts';

/** In one statement, about. */
const rowsMax = 10_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Drops calls, attempts, counts and events before `before` (epoch ms, a whole hour): months that lie wholly before it
 * at once, what is left in short spans of time. Roll-ups stay, and so does what later rows need to know of these. Once
 * `until` is aborted the rest is left to the next time. Not within a transaction.
 */
export async function dropOldRows(db: Db, before: number, until: AbortSignal): Promise<void> {
  const end = new Date(before).toISOString();
  await rememberDropped(db, end);
  for (const table of ['key_dek', 'key_process'])
    await db.$executeRawUnsafe(`DELETE FROM ${table} WHERE last_at < $1::timestamptz`, end);
  for (const table of partitionedTables) {
    for (const part of await dropPartitions(db, table, before)) {
      let at = await firstIn(db, part);
      for (let stepMs = minuteMs; at < before && !until.aborted; ) {
        at = Math.min(before, at + stepMs);
        const gone = await db.$executeRawUnsafe(
          `DELETE FROM ${part} WHERE at < $1::timestamptz`,
          new Date(at).toISOString(),
        );
        stepMs = gone > rowsMax ? stepMs / 2 : Math.min(2 * stepMs, hourMs);
      }
    }
  }
}

/** Infinity where there is nothing. */
async function firstIn(db: Db, part: string): Promise<number> {
  const [row] = await db.$queryRawUnsafe<{ at: number | null }[]>(
    `SELECT (extract(epoch FROM min(at)) * 1000)::float8 AS at FROM ${part}`,
  );
  return row?.at ?? Number.POSITIVE_INFINITY;
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
