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

/** Minute counts of `[from, to)` (epoch ms, whole hours): `parts` by label, or `workspaces` as their sums. */
export function readMinuteSeries(
  tx: Tx,
  query: { from: number; to: number; key?: string | undefined; of: 'parts' | 'workspaces' },
): Promise<SeriesHour[]> {
  return tx.$queryRawUnsafe<SeriesHour[]>(
    `SELECT (extract(epoch FROM hour) * 1000)::float8 AS hour, key, workspace, label, counts FROM minute_series
     WHERE hour >= $1::timestamptz AND hour < $2::timestamptz AND ($3::text IS NULL OR key = $3::text)
       AND (workspace = '') = $4::boolean ORDER BY hour`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.key ?? null,
    query.of === 'parts',
  );
}
