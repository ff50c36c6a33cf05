import { refreshMinuteSeries } from './refresh-minute-series.ts';
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
    measures: ['calls', 'retries', 'reopened', 'missing'],
    sql: `WITH touched AS (SELECT m, c.* FROM unnest($1::timestamptz[]) AS m
        JOIN kms_call c ON c.at >= m AND c.at < m + interval '1 minute' WHERE c.process = ANY($2::text[]))
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
        SELECT m, key, workspace, process, seq - 1 - coalesce((SELECT max(p.seq) FROM kms_call p
          WHERE p.process = t.process AND p.boot = t.boot AND p.seq < t.seq), 0) AS gap FROM touched t) gaps
      WHERE gap > 0 GROUP BY 1, 3, 4, 5`,
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

type RollupSource = keyof typeof rollups;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const minutesPerStatement = 1_440;

/** What was touched: when (epoch ms), and by which process; for events, by which principal. */
export interface Touch {
  at: number;
  by: string;
}

/** Counts the touched minutes anew from the rows themselves, so that late data corrects what was written. */
export async function refreshRollups(
  tx: Tx,
  touched: Readonly<Record<RollupSource | 'deks', readonly Touch[]>>,
): Promise<void> {
  const hours = new Map<number, Set<string>>();
  const processes = new Set<string>();
  for (const [source, { measures, sql }] of Object.entries(rollups)) {
    const touches = touched[source as RollupSource];
    const by = [...new Set(touches.map((touch) => touch.by))];
    for (const some of batches(starts(touches, minuteMs))) {
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
    for (const one of touches) {
      const hour = one.at - (one.at % hourMs);
      processes.add(one.by);
      hours.set(hour, new Set([...(hours.get(hour) ?? []), ...measures]));
    }
  }
  await refreshCoarser(tx, hours, [...processes]);
  await refreshDekHours(tx, touched.deks);
}

/** Hours are summed from minutes, days from hours, series from minutes. */
async function refreshCoarser(
  tx: Tx,
  touched: ReadonlyMap<number, ReadonlySet<string>>,
  by: readonly string[],
): Promise<void> {
  const measures = [...new Set([...touched.values()].flatMap((some) => [...some]))];
  const hours = [...touched.keys()].sort((a, b) => a - b);
  const days = [...new Set(hours.map((hour) => hour - (hour % dayMs)))];
  for (const some of batches(hours.map(iso))) await sumUp(tx, 'hour', [some, by, measures]);
  for (const some of batches(days.map(iso))) await sumUp(tx, 'day', [some, by, measures]);
  const series = [...touched].flatMap(([hour, of]) =>
    of.has('calls') || of.has('events') ? [hour] : [],
  );
  await refreshMinuteSeries(tx, series);
}

async function sumUp(
  tx: Tx,
  coarse: 'hour' | 'day',
  values: [starting: readonly string[], by: readonly string[], measures: readonly string[]],
): Promise<void> {
  const fine = coarse === 'day' ? 'hour' : 'minute';
  await tx.$executeRawUnsafe(
    `DELETE FROM rollup_${coarse} WHERE ${coarse} = ANY($1::timestamptz[]) AND process = ANY($2::text[])
       AND measure = ANY($3::text[])`,
    ...values,
  );
  await tx.$executeRawUnsafe(
    `INSERT INTO rollup_${coarse} SELECT s, measure, key, workspace, process, operation, label, sum(n)
     FROM unnest($1::timestamptz[]) AS s
     JOIN rollup_${fine} f ON f.${fine} >= s AND f.${fine} < s + interval '1 ${coarse}'
     WHERE process = ANY($2::text[]) AND measure = ANY($3::text[]) GROUP BY 1, 2, 3, 4, 5, 6, 7`,
    ...values,
  );
}

async function refreshDekHours(tx: Tx, touches: readonly Touch[]): Promise<void> {
  const by = [...new Set(touches.map((touch) => touch.by))];
  for (const some of batches(starts(touches, hourMs))) {
    await tx.$executeRawUnsafe(
      'DELETE FROM dek_hour WHERE hour = ANY($1::timestamptz[]) AND process = ANY($2::text[])',
      some,
      by,
    );
    await tx.$executeRawUnsafe(
      `INSERT INTO dek_hour SELECT h, workspace, process, dek, sum(uses) FROM unnest($1::timestamptz[]) AS h
       JOIN dek_activity ON at >= h AND at < h + interval '1 hour' WHERE process = ANY($2::text[])
       GROUP BY 1, 2, 3, 4`,
      some,
      by,
    );
  }
}

/** Counts every roll-up anew from the events; the same rows as were written while they came in. */
export async function rebuildRollups(tx: Tx): Promise<void> {
  const touched: Record<RollupSource | 'deks', Touch[]> = {
    operations: await touchesOf(tx, 'operation_count', 'process'),
    deks: await touchesOf(tx, 'dek_activity', 'process'),
    calls: await touchesOf(tx, 'kms_call', 'process'),
    attempts: await touchesOf(tx, 'kms_attempt', 'process'),
    events: await touchesOf(tx, 'audit_event', 'principal'),
  };
  await tx.$executeRawUnsafe(
    'TRUNCATE rollup_minute, rollup_hour, rollup_day, minute_series, dek_hour',
  );
  await refreshRollups(tx, touched);
}

function touchesOf(tx: Tx, table: string, by: string): Promise<Touch[]> {
  return tx.$queryRawUnsafe<Touch[]>(
    `SELECT DISTINCT (extract(epoch FROM date_trunc('minute', at)) * 1000)::float8 AS at, ${by} AS by FROM ${table}`,
  );
}

const iso = (at: number): string => new Date(at).toISOString();

function starts(touches: readonly Touch[], lengthMs: number): string[] {
  const all = new Set(touches.map(({ at }) => at - (at % lengthMs)));
  return [...all].sort((a, b) => a - b).map(iso);
}

function* batches(starting: readonly string[]): Generator<string[]> {
  for (let from = 0; from < starting.length; from += minutesPerStatement)
    yield starting.slice(from, from + minutesPerStatement);
}
