import type { ExplainFilter } from '../shared/dto.ts';
import { type Tile, tiles } from './read-window.ts';
import type { Tx } from './transaction.ts';

export interface BucketSum {
  start: number;
  measure: 'messages' | 'calls';
  label: string;
  n: number;
}

const hourMs = 3_600_000;

interface BucketQuery {
  from: number;
  to: number;
  bucketMs: number;
  filter: ExplainFilter;
}

/**
 * Messages, and KMS calls by cause, in buckets of `bucketMs` over `[from, to)` (epoch ms); empty ones are absent.
 * Neither are any principal's.
 */
export const readBuckets = (tx: Tx, query: BucketQuery): Promise<BucketSum[]> =>
  readSums(tx, {
    ...query,
    columns: 'measure, label',
    counted: "measure IN ('messages', 'calls')",
  });

/** The log's uses of key material in such buckets: their causes are told by single events only. */
export const readUseBuckets = (tx: Tx, query: BucketQuery): Promise<BucketSum[]> =>
  readSums(tx, {
    ...query,
    columns: "'calls' AS measure, 'unknown' AS label",
    counted: "measure = 'events' AND label IN ('matched', 'unclaimed', 'claim-new', 'claim-used')",
  });

function readSums(
  tx: Tx,
  query: BucketQuery & { columns: string; counted: string },
): Promise<BucketSum[]> {
  const { bucketMs, filter, columns, counted } = query;
  const parts = partsOf(query).map(
    ({ unit, total, from: start, to: end }) =>
      `SELECT ${unit} AS at, ${columns}, n FROM ${total ? 'rollup_total' : `rollup_${unit}`}
       WHERE ${unit} >= '${iso(start)}'::timestamptz AND ${unit} < '${iso(end)}'::timestamptz
         AND ${counted} AND ($2::text IS NULL ${total ? '' : 'OR workspace = $2::text'})
         AND ($3::text IS NULL OR key = $3::text) AND ($4::text IS NULL ${total ? '' : 'OR process = $4::text'})
         AND ($5::text IS NULL OR measure = 'events' AND ${total ? 'principal' : 'process'} = $5::text)`,
  );
  return tx.$queryRawUnsafe<BucketSum[]>(
    `SELECT (floor(extract(epoch FROM at) * 1000 / $1::float8) * $1::float8)::float8 AS start, measure, label,
       sum(n)::float8 AS n
     FROM (${parts.join(' UNION ALL ')}) parts GROUP BY 1, 2, 3 ORDER BY 1`,
    bucketMs,
    filter.workspace ?? null,
    filter.key ?? null,
    filter.process ?? null,
    filter.principal ?? null,
  );
}

/** Buckets of whole hours are summed from hours, but for the window's edges. */
function partsOf({ from, to, bucketMs, filter }: BucketQuery): Tile[] {
  if (bucketMs % hourMs !== 0) return [{ unit: 'minute', total: false, from, to }];
  return tiles({ from, to, filter, byDay: false });
}

const iso = (at: number): string => new Date(at).toISOString();
