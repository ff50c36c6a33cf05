import type { Tx } from './transaction.ts';

/** The tables whose minutes can be rolled up, and the measures each gives. */
const rollups = {
  operations: {
    measures: ['messages', 'operations', 'dropped'],
    sql: `SELECT m, CASE path WHEN 'message' THEN 'messages' WHEN 'dropped' THEN 'dropped' ELSE 'operations' END AS measure,
        key, workspace, process, path AS operation,
        CASE WHEN path IN ('message', 'dropped') THEN outcome ELSE scope || ':' || outcome END AS label, sum(n)::bigint AS n
      FROM unnest($1::timestamptz[]) AS m
      JOIN operation_count ON at >= m AND at < m + interval '1 minute' WHERE process = ANY($2::text[]) GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  },
  calls: {
    measures: ['calls', 'retries'],
    sql: `SELECT m, 'calls' AS measure, key, workspace, process, operation, cause AS label, count(*) AS n
      FROM unnest($1::timestamptz[]) AS m JOIN kms_call ON at >= m AND at < m + interval '1 minute'
      WHERE process = ANY($2::text[]) GROUP BY 1, 3, 4, 5, 6, 7
      UNION ALL
      SELECT m, 'retries', key, workspace, process, operation, '', sum(attempts - 1)::bigint
      FROM unnest($1::timestamptz[]) AS m JOIN kms_call ON at >= m AND at < m + interval '1 minute'
      WHERE process = ANY($2::text[]) AND attempts > 1 GROUP BY 1, 3, 4, 5, 6`,
  },
  attempts: {
    measures: ['attempts'],
    sql: `SELECT m, 'attempts' AS measure, key, workspace, process, operation,
        CASE WHEN event_id IS NOT NULL THEN 'matched:' || join_method
             WHEN NOT sent THEN 'never-sent:' || coalesce(error_code, outcome)
             WHEN outcome = 'outage' THEN 'unmatched:' || CASE WHEN status IS NULL THEN 'no-answer'
               WHEN status >= 500 THEN 'server-error' ELSE 'throttled' END
             ELSE 'unmatched:' || outcome END AS label, count(*) AS n
      FROM unnest($1::timestamptz[]) AS m JOIN kms_attempt ON at >= m AND at < m + interval '1 minute'
      WHERE process = ANY($2::text[]) GROUP BY 1, 3, 4, 5, 6, 7`,
  },
  events: {
    measures: ['events'],
    sql: `SELECT m, 'events' AS measure, coalesce(key, '') AS key, coalesce(workspace, '') AS workspace,
        principal AS process, operation, state AS label, count(*) AS n
      FROM unnest($1::timestamptz[]) AS m JOIN audit_event ON at >= m AND at < m + interval '1 minute'
      WHERE principal = ANY($2::text[]) GROUP BY 1, 3, 4, 5, 6, 7`,
  },
} as const;

export type RollupSource = keyof typeof rollups;

const minuteMs = 60_000;
const minutesPerStatement = 1_440;

/** What was touched: when (epoch ms), and by which process; for events, by which principal. */
export interface Touch {
  at: number;
  by: string;
}

/** Counts the touched minutes anew from the rows themselves, so that late data corrects what was written. */
export async function refreshRollups(
  tx: Tx,
  touched: Readonly<Record<RollupSource, readonly Touch[]>>,
): Promise<void> {
  for (const [source, { measures, sql }] of Object.entries(rollups)) {
    const touches = touched[source as RollupSource];
    const minutes = new Set(touches.map(({ at }) => at - (at % minuteMs)));
    const by = [...new Set(touches.map((touch) => touch.by))];
    const all = [...minutes].sort((a, b) => a - b).map((minute) => new Date(minute).toISOString());
    for (let from = 0; from < all.length; from += minutesPerStatement) {
      const some = all.slice(from, from + minutesPerStatement);
      await tx.$executeRawUnsafe(
        `DELETE FROM rollup_minute WHERE minute = ANY($1::timestamptz[]) AND process = ANY($2::text[])
           AND measure = ANY($3::text[])`,
        some,
        by,
        measures,
      );
      await tx.$executeRawUnsafe(
        `INSERT INTO rollup_minute (minute, measure, key, workspace, process, operation, label, n) ${sql}`,
        some,
        by,
      );
    }
  }
}
