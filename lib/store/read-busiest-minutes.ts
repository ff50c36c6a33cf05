import type { MinutePart } from '../domain/window-facts.ts';
import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

interface BusiestQuery {
  from: number;
  to: number;
  minutesMax: number;
  filter: ExplainFilter;
}

const fits = `($4::text IS NULL OR workspace = $4::text) AND ($5::text IS NULL OR key = $5::text)
  AND ($6::text IS NULL OR process = $6::text)`;

const fromMinutes = `SELECT minute, sum(n) AS total FROM rollup_minute
  WHERE minute >= $1::timestamptz AND minute < $2::timestamptz AND measure = 'calls' AND ${fits}
  GROUP BY minute ORDER BY total DESC, minute LIMIT $3::int`;

const each = Array.from({ length: 60 }, (_, minute) => `sum(counts[${minute + 1}])`).join(', ');
/** Nobody in particular is asked for: the series have each minute's calls in sixties, whoever made them. */
const fromSeries = `SELECT minute, total FROM (
    SELECT hour + (no - 1) * interval '1 minute' AS minute, n AS total
    FROM (SELECT hour, ARRAY[${each}] AS counts FROM minute_series
      WHERE hour > $1::timestamptz - interval '1 hour' AND hour < $2::timestamptz AND workspace = '' AND label LIKE 'calls:%'
        AND ($5::text IS NULL OR key = $5::text)
      GROUP BY hour) hours
    CROSS JOIN LATERAL unnest(counts) WITH ORDINALITY AS minutes(n, no)) minutes
  WHERE minute >= $1::timestamptz AND minute < $2::timestamptz AND total > 0
  ORDER BY total DESC, minute LIMIT $3::int`;

/** The minutes of `[from, to)` with most KMS calls, busiest first, each by cause. Calls are no principal's. */
export async function readBusiestMinutes(tx: Tx, query: BusiestQuery): Promise<MinutePart[]> {
  const { workspace, key, process, principal } = query.filter;
  if (principal !== undefined) return [];
  const everyone = workspace === undefined && process === undefined;
  return tx.$queryRawUnsafe<MinutePart[]>(
    `WITH busiest AS (${everyone ? fromSeries : fromMinutes})
     SELECT (extract(epoch FROM r.minute) * 1000)::float8 AS minute, r.label AS cause, sum(r.n)::float8 AS calls,
       count(DISTINCT r.process)::float8 AS processes
     FROM rollup_minute r JOIN busiest b USING (minute) WHERE r.measure = 'calls' AND ${fits}
     GROUP BY r.minute, b.total, r.label ORDER BY b.total DESC, r.minute, calls DESC`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.minutesMax,
    workspace ?? null,
    key ?? null,
    process ?? null,
  );
}
