import { refreshMinuteSeries } from './refresh-minute-series.ts';
import { replaceRows } from './replace-rows.ts';
import { type RollupSource, rollupSources, rowsOfDay, rowsTouched } from './rollup-sources.ts';
import type { Tx } from './transaction.ts';

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
  for (const { source, table, by: whose, measures, sql } of rollupSources) {
    const touches = touched[source];
    const by = [...new Set(touches.map((touch) => touch.by))];
    for (const some of batches(starts(touches, minuteMs))) {
      const fresh = `SELECT * FROM (${sql(rowsTouched(table, whose))}) AS now(minute, ${labels}, n)`;
      await replaceRows(tx, { ...rollup('minute'), fresh }, [some, by, measures]);
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
  for (const some of batches(hours.map(iso))) await totalUp(tx, some, measures);
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
  const fresh = `SELECT s AS ${coarse}, ${labels}, sum(n)::bigint AS n
     FROM unnest($1::timestamptz[]) AS s CROSS JOIN LATERAL (SELECT * FROM rollup_${fine}
       WHERE ${fine} >= s AND ${fine} < s + interval '1 ${coarse}' AND measure = ANY($3::text[]) OFFSET 0) f
     WHERE process = ANY($2::text[]) GROUP BY 1, 2, 3, 4, 5, 6, 7`;
  await replaceRows(tx, { ...rollup(coarse), fresh }, values);
}

const labels = 'measure, key, workspace, process, operation, label';

/** A roll-up's rows that begin at `$1`, of the processes `$2` and the measures `$3`. */
const rollup = (length: 'minute' | 'hour' | 'day') => ({
  table: `rollup_${length}`,
  key: [length, ...labels.split(', ')],
  value: 'n',
  scope: `t.${length} = ANY($1::timestamptz[]) AND t.process = ANY($2::text[]) AND t.measure = ANY($3::text[])`,
});

/** Everyone's hours, whoever touched them. */
async function totalUp(
  tx: Tx,
  hours: readonly string[],
  measures: readonly string[],
): Promise<void> {
  await replaceRows(
    tx,
    {
      table: 'rollup_total',
      key: ['hour', 'measure', 'key', 'principal', 'operation', 'label'],
      value: 'n',
      scope: 't.hour = ANY($1::timestamptz[]) AND t.measure = ANY($2::text[])',
      fresh: `SELECT hour, measure, key, CASE WHEN measure IN ('events', 'events-also') THEN process ELSE '' END AS principal, operation, label,
          sum(n)::bigint AS n
        FROM rollup_hour WHERE hour = ANY($1::timestamptz[]) AND measure = ANY($2::text[]) AND measure <> 'reopened'
        GROUP BY 1, 2, 3, 4, 5, 6`,
    },
    [hours, measures],
  );
}

async function refreshDekHours(tx: Tx, touches: readonly Touch[]): Promise<void> {
  const by = [...new Set(touches.map((touch) => touch.by))];
  for (const some of batches(starts(touches, hourMs))) {
    await replaceRows(
      tx,
      {
        table: 'dek_hour',
        key: ['hour', 'workspace', 'process', 'dek'],
        value: 'uses',
        scope: 't.hour = ANY($1::timestamptz[]) AND t.process = ANY($2::text[])',
        fresh: `SELECT h AS hour, workspace, process, dek, sum(uses)::bigint AS uses FROM unnest($1::timestamptz[]) AS h
          CROSS JOIN LATERAL (SELECT * FROM dek_activity
            WHERE at >= h AND at < h + interval '1 hour' OFFSET 0) a
          WHERE process = ANY($2::text[]) GROUP BY 1, 2, 3, 4`,
      },
      [some, by],
    );
  }
}

/** Counts every roll-up anew from the events, a day at a time; the same rows as were written while they came in. */
export async function rebuildRollups(tx: Tx): Promise<void> {
  await tx.$executeRawUnsafe(
    'TRUNCATE rollup_minute, rollup_hour, rollup_day, rollup_total, minute_series, dek_hour',
  );
  const days = new Set<number>();
  for (const { table, sql } of rollupSources) {
    for (const day of await daysOf(tx, table)) {
      days.add(day);
      await tx.$executeRawUnsafe(
        `INSERT INTO rollup_minute (minute, measure, key, workspace, process, operation, label, n)
         ${sql(rowsOfDay(table))}`,
        ...bounds(day),
      );
    }
  }
  for (const day of days) await rebuildCoarser(tx, day);
  for (const day of await daysOf(tx, 'dek_activity')) {
    await tx.$executeRawUnsafe(
      `INSERT INTO dek_hour SELECT date_trunc('hour', at, 'UTC'), workspace, process, dek, sum(uses) FROM dek_activity
       WHERE at >= $1::timestamptz AND at < $2::timestamptz GROUP BY 1, 2, 3, 4`,
      ...bounds(day),
    );
  }
}

async function rebuildCoarser(tx: Tx, day: number): Promise<void> {
  for (const [coarse, fine] of [
    ['hour', 'minute'],
    ['day', 'hour'],
  ] as const) {
    await tx.$executeRawUnsafe(
      `INSERT INTO rollup_${coarse}
       SELECT date_trunc('${coarse}', ${fine}, 'UTC'), measure, key, workspace, process, operation, label, sum(n)
       FROM rollup_${fine} WHERE ${fine} >= $1::timestamptz AND ${fine} < $2::timestamptz GROUP BY 1, 2, 3, 4, 5, 6, 7`,
      ...bounds(day),
    );
  }
  const hours = Array.from({ length: dayMs / hourMs }, (_, hour) => day + hour * hourMs);
  const measures = rollupSources.flatMap((source) => source.measures);
  await totalUp(tx, hours.map(iso), measures);
  await refreshMinuteSeries(tx, hours);
}

/** Starts of the UTC days that the table has rows of. */
async function daysOf(tx: Tx, table: string): Promise<number[]> {
  const rows = await tx.$queryRawUnsafe<{ day: number }[]>(
    `SELECT DISTINCT (extract(epoch FROM date_trunc('day', at, 'UTC')) * 1000)::float8 AS day FROM ${table} ORDER BY 1`,
  );
  return rows.map(({ day }) => day);
}

const bounds = (day: number): [from: string, to: string] => [iso(day), iso(day + dayMs)];

const iso = (at: number): string => new Date(at).toISOString();

function starts(touches: readonly Touch[], lengthMs: number): string[] {
  const all = new Set(touches.map(({ at }) => at - (at % lengthMs)));
  return [...all].sort((a, b) => a - b).map(iso);
}

function* batches(starting: readonly string[]): Generator<string[]> {
  for (let from = 0; from < starting.length; from += minutesPerStatement)
    yield starting.slice(from, from + minutesPerStatement);
}
