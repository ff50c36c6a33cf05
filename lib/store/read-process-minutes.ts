import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

/** A process's KMS calls in each minute of `[from, to)` (epoch ms) that has any. */
export function readProcessMinutes(
  tx: Tx,
  query: { from: number; to: number; filter: ExplainFilter & { process: string } },
): Promise<{ minute: number; n: number }[]> {
  return tx.$queryRawUnsafe<{ minute: number; n: number }[]>(
    `SELECT (extract(epoch FROM minute) * 1000)::float8 AS minute, sum(n)::float8 AS n FROM rollup_minute
     WHERE measure = 'calls' AND minute >= $1::timestamptz AND minute < $2::timestamptz AND process = $3::text
       AND ($4::text IS NULL OR key = $4::text) AND ($5::text IS NULL OR workspace = $5::text)
     GROUP BY 1`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.filter.process,
    query.filter.key ?? null,
    query.filter.workspace ?? null,
  );
}
