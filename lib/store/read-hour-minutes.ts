import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

export interface HourMinutes {
  /** Epoch ms of the hour's start. */
  hour: number;
  /** Whether the engine's telemetry has calls on any of the keys counted; else these are the log's events. */
  calls: boolean;
  /** Sixty counts. */
  minutes: number[];
}

const each = Array.from({ length: 60 }, (_, minute) => `sum(counts[${minute + 1}])`).join(', ');

/**
 * Requests by the minute over the hours that begin in `[from, to)` (epoch ms): a key's calls and the events that no
 * call of ours explains; of a key without any call there, all its uses in the log. Hours with none are absent.
 */
export function readHourMinutes(
  tx: Tx,
  query: { from: number; to: number; filter: Omit<ExplainFilter, 'process'> },
): Promise<HourMinutes[]> {
  const within = 'hour >= $1::timestamptz AND hour < $2::timestamptz';
  return tx.$queryRawUnsafe<HourMinutes[]>(
    `WITH told AS (SELECT key, bool_or(label LIKE 'calls:%') AS calls FROM minute_series
       WHERE ${within} AND workspace = '' AND ($3::text IS NULL OR key = $3::text) GROUP BY key)
     SELECT (extract(epoch FROM hour) * 1000)::float8 AS hour, bool_or(told.calls) AS calls,
       ARRAY[${each}]::float8[] AS minutes
     FROM minute_series JOIN told USING (key)
     WHERE ${within} AND workspace = coalesce($4::text, '')
       AND ($3::text IS NOT NULL OR label NOT LIKE 'events-also%')
       AND CASE WHEN $4::text IS NULL THEN NOT told.calls OR label NOT LIKE ALL (ARRAY['events:matched:%', 'events-also:matched:%'])
           WHEN told.calls THEN label = 'requests' ELSE label IN ('events', 'events-also') END
       AND ($5::text IS NULL OR label LIKE 'events%' AND right(label, length($5::text) + 1) = ':' || $5::text)
     GROUP BY hour ORDER BY hour`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.filter.key ?? null,
    query.filter.workspace ?? null,
    query.filter.principal ?? null,
  );
}
