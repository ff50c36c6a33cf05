import type { WindowSum } from '../domain/window-facts.ts';
import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * Sums of every measure over `[from, to)` (epoch ms, whole minutes): whole days and hours from their own roll-ups, the
 * edges from minutes. A call whose telemetry is missing counts under any workspace and key: nobody knows its own. An
 * event of several keys counts under each, and once where no key is asked for.
 */
export function readWindow(
  tx: Tx,
  { from, to, filter = {} }: { from: number; to: number; filter?: ExplainFilter },
): Promise<WindowSum[]> {
  const parts = tiles({ from, to, filter }).map(
    ({ unit, total, from: start, to: end }) =>
      `SELECT CASE measure WHEN 'events-also' THEN 'events' ELSE measure END AS measure, key,
         ${total ? 'principal' : "CASE WHEN measure IN ('events', 'events-also') THEN process ELSE '' END"} AS process,
         operation, label, n
       FROM ${total ? 'rollup_total' : `rollup_${unit}`}
       WHERE ${unit} >= '${iso(start)}'::timestamptz AND ${unit} < '${iso(end)}'::timestamptz
         AND measure <> 'reopened' AND (measure <> 'events-also' OR $2::text IS NOT NULL) AND (measure = 'missing' OR ($1::text IS NULL ${total ? '' : 'OR workspace = $1::text'})
         AND ($2::text IS NULL OR key = $2::text)) AND ($3::text IS NULL ${total ? '' : 'OR process = $3::text'})
         AND ($4::text IS NULL OR measure IN ('events', 'events-also') AND ${total ? 'principal' : 'process'} = $4::text)`,
  );
  return tx.$queryRawUnsafe<WindowSum[]>(
    `SELECT measure, key, process, operation, label, sum(n)::float8 AS n
     FROM (${parts.join(' UNION ALL ')}) parts GROUP BY 1, 2, 3, 4, 5`,
    filter.workspace ?? null,
    filter.key ?? null,
    filter.process ?? null,
    filter.principal ?? null,
  );
}

export interface Tile {
  unit: 'minute' | 'hour' | 'day';
  /** Hours of everyone's sums, which have neither workspace nor process. */
  total: boolean;
  from: number;
  to: number;
}

/**
 * Everyone's hours, or whole days and the hours beside them (hours alone where not `byDay`), minutes at the edges; at
 * least one, perhaps empty.
 */
export function tiles({
  from,
  to,
  filter: { workspace, process },
  byDay = true,
  everyone = workspace === undefined && process === undefined,
}: {
  from: number;
  to: number;
  filter: ExplainFilter;
  byDay?: boolean;
  /** False where everyone's hours do not have what is read. */
  everyone?: boolean;
}): Tile[] {
  const up = (at: number, unit: number) => Math.ceil(at / unit) * unit;
  const down = (at: number, unit: number) => Math.floor(at / unit) * unit;
  const tile = (unit: Tile['unit'], start: number, end: number, total = false): Tile => ({
    unit,
    total,
    from: start,
    to: end,
  });
  const [hourFrom, hourTo] = [up(from, hourMs), down(to, hourMs)];
  if (hourFrom >= hourTo) return [tile('minute', from, to)];
  const minutes = [tile('minute', from, hourFrom), tile('minute', hourTo, to)];
  const [dayFrom, dayTo] = [up(hourFrom, dayMs), down(hourTo, dayMs)];
  const whole =
    everyone || !byDay || dayFrom >= dayTo
      ? [tile('hour', hourFrom, hourTo, everyone)]
      : [tile('hour', hourFrom, dayFrom), tile('day', dayFrom, dayTo), tile('hour', dayTo, hourTo)];
  return [...minutes, ...whole].filter((one) => one.from < one.to);
}

const iso = (at: number): string => new Date(at).toISOString();
