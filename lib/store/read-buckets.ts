import type { Tx } from './transaction.ts';

export interface BucketSum {
  start: number;
  measure: 'messages' | 'calls';
  label: string;
  n: number;
}

/** Messages, and KMS calls by cause, in buckets of `bucketMs` over `[from, to)` (epoch ms); empty ones are absent. */
export function readBuckets(
  tx: Tx,
  window: { from: number; to: number; bucketMs: number },
): Promise<BucketSum[]> {
  return tx.$queryRawUnsafe<BucketSum[]>(
    `SELECT (floor(extract(epoch FROM minute) * 1000 / $3::float8) * $3::float8)::float8 AS start, measure, label,
       sum(n)::float8 AS n
     FROM rollup_minute WHERE minute >= $1::timestamptz AND minute < $2::timestamptz
       AND measure IN ('messages', 'calls') GROUP BY 1, 2, 3 ORDER BY 1`,
    new Date(window.from).toISOString(),
    new Date(window.to).toISOString(),
    window.bucketMs,
  );
}
