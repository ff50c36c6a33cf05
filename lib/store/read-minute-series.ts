import type { Tx } from './transaction.ts';

export interface SeriesHour {
  /** Epoch ms of the hour's start. */
  hour: number;
  key: string;
  /** Empty in the rows that part a key's requests by label. */
  workspace: string;
  /** As `refreshMinuteSeries` says. */
  label: string;
  /** Sixty counts. */
  counts: number[];
}

type SeriesRow = Omit<SeriesHour, 'counts'> & { counts: string };

interface SeriesQuery {
  /** Epoch ms, whole hours. */
  from: number;
  to: number;
  key?: string | undefined;
  /** Of the log's events those of one principal, and no calls. */
  principal?: string | undefined;
}

// As text, sixty numbers take a fraction of the time that they take as an array.
const columns = `(extract(epoch FROM s.hour) * 1000)::float8 AS hour, s.key, s.workspace, s.label,
  array_to_json(s.counts)::text AS counts`;
const within = `s.hour >= $1::timestamptz AND s.hour < $2::timestamptz AND ($3::text IS NULL OR s.key = $3::text)`;

/** Minute counts by label, of so many keys with most calls and events in all. */
export async function readKeySeries(
  tx: Tx,
  query: SeriesQuery & { seriesMax: number },
): Promise<SeriesHour[]> {
  const rows = await tx.$queryRawUnsafe<SeriesRow[]>(
    `WITH busiest AS (SELECT s.key FROM rollup_total s WHERE ${within} AND s.measure IN ('calls', 'events', 'events-also')
       GROUP BY 1 ORDER BY sum(s.n) DESC, 1 LIMIT $4::int)
     SELECT ${columns} FROM minute_series s JOIN busiest USING (key) WHERE ${within} AND s.workspace = ''
       AND ($5::text IS NULL OR s.label LIKE 'events%' AND right(s.label, length($5::text) + 1) = ':' || $5::text)
     ORDER BY s.hour`,
    ...values(query),
    query.seriesMax,
    query.principal ?? null,
  );
  return rows.map(counted);
}

const hourSum = Array.from({ length: 60 }, (_, minute) => `s.counts[${minute + 1}]`).join(' + ');

/**
 * Minute sums of workspaces, of so many with most in all: `requests` of keys that have calls there, else `events` and
 * `events-also`.
 */
export async function readWorkspaceSeries(
  tx: Tx,
  query: SeriesQuery & {
    workspace: string | undefined;
    seriesMax: number;
  },
): Promise<SeriesHour[]> {
  const wanted = `${within} AND s.workspace <> '' AND ($4::text IS NULL OR s.workspace = $4::text)
    AND s.label = ANY(CASE WHEN s.key IN (SELECT t.key FROM rollup_total t WHERE t.hour >= $1::timestamptz
      AND t.hour < $2::timestamptz AND t.measure = 'calls') THEN ARRAY['requests'] ELSE ARRAY['events', 'events-also'] END)`;
  const rows = await tx.$queryRawUnsafe<SeriesRow[]>(
    `WITH busiest AS (SELECT s.key, s.workspace FROM minute_series s WHERE ${wanted}
       GROUP BY 1, 2 ORDER BY sum(${hourSum}) DESC, 1, 2 LIMIT $5::int)
     SELECT ${columns} FROM minute_series s JOIN busiest USING (key, workspace) WHERE ${wanted} ORDER BY s.hour`,
    ...values(query),
    query.workspace ?? null,
    query.seriesMax,
  );
  return rows.map(counted);
}

const values = ({ from, to, key }: SeriesQuery) => [
  new Date(from).toISOString(),
  new Date(to).toISOString(),
  key ?? null,
];

/** The column holds what `refreshMinuteSeries` wrote: a list of numbers as JSON. */
const counted = ({ counts, ...hour }: SeriesRow): SeriesHour => ({
  ...hour,
  counts: JSON.parse(counts) as number[],
});
