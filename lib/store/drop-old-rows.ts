import type { Db } from './db.ts';
import { dropPartitions, partitionedTables } from './ensure-partitions.ts';
import { transaction } from './transaction.ts';

const hourMs = 3_600_000;

/**
 * Drops calls, attempts, counts and events before `before` (epoch ms, a whole hour): months that lie wholly before it
 * at once, what is left an hour at a time. Roll-ups stay, and so does what later rows need to know of these. Once
 * `until` is aborted the rest is left to the next time. Not within a transaction.
 */
export async function dropOldRows(db: Db, before: number, until: AbortSignal): Promise<void> {
  const end = new Date(before).toISOString();
  await rememberDropped(db, end);
  for (const table of partitionedTables) {
    await dropPartitions(db, table, before);
    for (;;) {
      const [oldest] = await db.$queryRawUnsafe<{ at: number | null }[]>(
        `SELECT (extract(epoch FROM min(at)) * 1000)::float8 AS at FROM ${table} WHERE at < $1::timestamptz`,
        end,
      );
      if (until.aborted || oldest?.at === null || oldest === undefined) break;
      const hour = oldest.at - (oldest.at % hourMs);
      await db.$executeRawUnsafe(
        `DELETE FROM ${table} WHERE at >= $1::timestamptz AND at < $2::timestamptz`,
        new Date(hour).toISOString(),
        new Date(hour + hourMs).toISOString(),
      );
    }
  }
}

/** Numbers without which later calls would seem to follow a gap. */
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
