import { asideActions } from '../domain/kms-operations.ts';

export type RollupSource = 'operations' | 'calls' | 'attempts' | 'events';

/** The tables whose minutes are rolled up, and how. */
export const rollupSources: readonly {
  source: RollupSource;
  table: string;
  /** Names whose rows they are. */
  by: 'process' | 'principal';
  measures: readonly string[];
  /** Counts `rows`, a subquery that gives the table's columns and the start of each row's minute as `m`. */
  sql(rows: string): string;
}[] = [
  {
    source: 'operations',
    table: 'operation_count',
    by: 'process',
    measures: ['messages', 'operations', 'dropped'],
    sql: (
      rows,
    ) => `SELECT m, CASE path WHEN 'message' THEN 'messages' WHEN 'dropped' THEN 'dropped' ELSE 'operations' END
        AS measure, key, workspace, process, path AS operation,
        CASE WHEN path IN ('message', 'dropped') THEN outcome ELSE scope || ':' || outcome END AS label, sum(n)::bigint AS n
      FROM ${rows} rows WHERE path <> 'complete' GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  },
  {
    source: 'calls',
    table: 'kms_call',
    by: 'process',
    measures: ['calls', 'retries', 'reopened', 'missing'],
    // Almost every number follows the one before: only where it does not is the boot searched for what does.
    sql: (rows) => `WITH touched AS (SELECT * FROM ${rows} rows)
      SELECT m, 'calls' AS measure, key, workspace, process, operation, refined_cause AS label, count(*) AS n
      FROM touched GROUP BY 1, 3, 4, 5, 6, 7
      UNION ALL
      SELECT m, 'retries', key, workspace, process, operation, '', sum(attempts - 1)::bigint
      FROM touched WHERE attempts > 1 GROUP BY 1, 3, 4, 5, 6
      UNION ALL
      SELECT m, 'reopened', key, workspace, process, operation, tag, count(*)
      FROM touched WHERE tag IS NOT NULL AND refined_cause IN ('load.reopened', 'load.first.historical')
      GROUP BY 1, 3, 4, 5, 6, 7
      UNION ALL
      SELECT m, 'missing', key, workspace, process, '', '', sum(gap)::bigint FROM (
        SELECT m, key, workspace, process, CASE WHEN before = seq - 1 THEN 0
          ELSE seq - 1 - coalesce((SELECT max(p.seq) FROM kms_call p
            WHERE p.process = t.process AND p.boot = t.boot AND p.seq < t.seq), (SELECT b.dropped_seq FROM process_boot b
            WHERE b.process = t.process AND b.boot = t.boot), 0) END AS gap
        FROM (SELECT *, lag(seq) OVER (PARTITION BY process, boot ORDER BY seq) AS before FROM touched) t) gaps
      WHERE gap > 0 GROUP BY 1, 3, 4, 5`,
  },
  {
    source: 'attempts',
    table: 'kms_attempt',
    by: 'process',
    measures: ['attempts'],
    sql: (rows) => `SELECT m, 'attempts' AS measure, key, workspace, process, operation,
        CASE WHEN event_id IS NOT NULL THEN 'matched:' || join_method
             WHEN NOT sent THEN 'never-sent:' || coalesce(error_code, outcome)
             WHEN outcome = 'outage' THEN 'unmatched:' || CASE WHEN status IS NULL THEN 'no-answer'
               WHEN status >= 500 THEN 'server-error' ELSE 'throttled' END
             ELSE 'unmatched:' || outcome END AS label, count(*) AS n
      FROM ${rows} rows GROUP BY 1, 3, 4, 5, 6, 7`,
  },
  {
    source: 'events',
    table: 'audit_event',
    by: 'principal',
    // Further keys of one event are counted apart: totals have the event once.
    measures: ['events', 'events-also'],
    // What was done to the log or to identities is no event on a key.
    sql: (rows) => `WITH touched AS (SELECT * FROM ${rows} rows
        WHERE action <> ALL (ARRAY['${asideActions.join("','")}']))
      SELECT m, 'events' AS measure, coalesce(key, '') AS key, coalesce(workspace, '') AS workspace,
        principal AS process, operation, state AS label, count(*) AS n
      FROM touched GROUP BY 1, 3, 4, 5, 6, 7
      UNION ALL
      SELECT m, 'events-also', other, coalesce(workspace, ''), principal, operation, state, count(*)
      FROM touched CROSS JOIN LATERAL unnest(other_keys) AS other GROUP BY 1, 3, 4, 5, 6, 7`,
  },
];

/**
 * The rows of `$2` in the minutes that begin at `$1`. Each minute is looked up by time, in its own partition: OFFSET 0
 * keeps a planner without statistics from comparing every row with every minute, or looking every process up.
 */
export const rowsTouched = (table: string, by: string): string =>
  `(SELECT m, t.* FROM unnest($1::timestamptz[]) AS m CROSS JOIN LATERAL (SELECT * FROM ${table}
    WHERE at >= m AND at < m + interval '1 minute' OFFSET 0) t WHERE t.${by} = ANY($2::text[]))`;

/** Everyone's rows of `[$1, $2)`. */
export const rowsOfDay = (table: string): string =>
  `(SELECT date_trunc('minute', at, 'UTC') AS m, t.* FROM ${table} t WHERE at >= $1::timestamptz AND at < $2::timestamptz)`;
