import type { Tx } from '../../connection/transaction.ts';

/**
 * The earliest lookup, epoch ms, whose attempt is not in the log and had not ended when the log was complete: its event
 * may lie behind `until`, epoch ms. Null where there is none.
 */
export async function readOpenSince(tx: Tx, until: number): Promise<number | null> {
  const [row] = await tx.$queryRawUnsafe<{ at: number | null }[]>(
    `SELECT (extract(epoch FROM min(at)) * 1000)::float8 AS at FROM kms_attempt
     WHERE at >= $1::timestamptz - interval '1 hour' AND at < $1::timestamptz AND sent AND event_id IS NULL
       AND sent_at + duration_ms * interval '1 millisecond' >= $1::timestamptz`,
    new Date(until).toISOString(),
  );
  return row?.at ?? null;
}
