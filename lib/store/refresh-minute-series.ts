import { replaceRows } from './replace-rows.ts';
import type { Tx } from './transaction.ts';

const uses = "('matched', 'unclaimed', 'claim-new', 'claim-used')";
const foreign = "('unclaimed', 'claim-new', 'claim-used')";

/**
 * Writes the touched hours (epoch ms of their starts) anew from the minutes, sixty counts a row. Rows without a
 * workspace hold a key's requests by part, rows with one their sum. `events-also` are events that are another key's
 * too: each key has them, what sums up keys leaves them out.
 */
export async function refreshMinuteSeries(tx: Tx, hours: readonly number[]): Promise<void> {
  if (hours.length === 0) return;
  const touched = hours.map((hour) => new Date(hour).toISOString());
  await replaceRows(
    tx,
    {
      table: 'minute_series',
      key: ['hour', 'key', 'workspace', 'label'],
      value: 'counts',
      scope: 't.hour = ANY($1::timestamptz[])',
      fresh: `SELECT hour, key, workspace, label,
       array(SELECT coalesce((by_minute ->> no::text)::int, 0) FROM generate_series(0, 59) AS no ORDER BY no) AS counts
     FROM (SELECT hour, key, workspace, label, jsonb_object_agg(no, n) AS by_minute
       FROM (SELECT h AS hour, r.key, part.workspace, part.label, (extract(epoch FROM r.minute - h) / 60)::int AS no,
           sum(r.n)::int AS n
         FROM unnest($1::timestamptz[]) AS h
         CROSS JOIN LATERAL (SELECT * FROM rollup_minute
           WHERE minute >= h AND minute < h + interval '1 hour' OFFSET 0) r
         CROSS JOIN LATERAL (VALUES
           ('', CASE r.measure WHEN 'calls' THEN 'calls:' || r.label ELSE r.measure || ':' || r.label || ':' || r.process END, TRUE),
           (r.workspace, 'requests', r.measure = 'calls' OR r.measure = 'events' AND r.label IN ${foreign}),
           (r.workspace, r.measure, r.measure <> 'calls')
         ) AS part(workspace, label, counted)
         WHERE (r.measure = 'calls' OR r.measure IN ('events', 'events-also') AND r.label IN ${uses})
           AND part.counted AND (part.workspace <> '' OR part.label NOT IN ('requests', 'events', 'events-also'))
         GROUP BY 1, 2, 3, 4, 5) minutes
       GROUP BY 1, 2, 3, 4) hours`,
    },
    [touched],
  );
}
