import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

export interface BucketSum {
  start: number;
  measure: 'messages' | 'calls';
  label: string;
  n: number;
}

const hourMs = 3_600_000;

/** Messages, and KMS calls by cause, in buckets of `bucketMs` over `[from, to)` (epoch ms); empty ones are absent. */
export function readBuckets(
  tx: Tx,
  query: { from: number; to: number; bucketMs: number; filter: ExplainFilter },
): Promise<BucketSum[]> {
  const unit = [query.bucketMs, query.from, query.to].every((ms) => ms % hourMs === 0)
    ? 'hour'
    : 'minute';
  return tx.$queryRawUnsafe<BucketSum[]>(
    `SELECT (floor(extract(epoch FROM ${unit}) * 1000 / $3::float8) * $3::float8)::float8 AS start, measure, label,
       sum(n)::float8 AS n
     FROM rollup_${unit} WHERE ${unit} >= $1::timestamptz AND ${unit} < $2::timestamptz
       AND measure IN ('messages', 'calls') AND ($4::text IS NULL OR workspace = $4::text)
       AND ($5::text IS NULL OR key = $5::text) AND ($6::text IS NULL OR process = $6::text)
     GROUP BY 1, 2, 3 ORDER BY 1`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.bucketMs,
    query.filter.workspace ?? null,
    query.filter.key ?? null,
    query.filter.process ?? null,
  );
}
