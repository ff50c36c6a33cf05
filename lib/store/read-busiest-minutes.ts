import type { MinutePart } from '../domain/window-facts.ts';
import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

const fits = `($4::text IS NULL OR workspace = $4::text) AND ($5::text IS NULL OR key = $5::text)
  AND ($6::text IS NULL OR process = $6::text)`;

/** The minutes of `[from, to)` with most KMS calls, busiest first, each by cause. */
export function readBusiestMinutes(
  tx: Tx,
  query: { from: number; to: number; minutesMax: number; filter: ExplainFilter },
): Promise<MinutePart[]> {
  return tx.$queryRawUnsafe<MinutePart[]>(
    `WITH busiest AS (
       SELECT minute, sum(n) AS total FROM rollup_minute
       WHERE minute >= $1::timestamptz AND minute < $2::timestamptz AND measure = 'calls'
         AND ${fits}
       GROUP BY minute ORDER BY total DESC, minute LIMIT $3::int)
     SELECT (extract(epoch FROM r.minute) * 1000)::float8 AS minute, r.label AS cause, sum(r.n)::float8 AS calls,
       count(DISTINCT r.process)::float8 AS processes
     FROM rollup_minute r JOIN busiest b USING (minute) WHERE r.measure = 'calls' AND ${fits}
     GROUP BY r.minute, b.total, r.label ORDER BY b.total DESC, r.minute, calls DESC`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.minutesMax,
    query.filter.workspace ?? null,
    query.filter.key ?? null,
    query.filter.process ?? null,
  );
}
