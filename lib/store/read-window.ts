import type { WindowSum } from '../domain/window-facts.ts';
import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * Sums of every measure over `[from, to)` (epoch ms, whole minutes), by key, process, operation and label: whole days
 * and hours from their own roll-ups, the edges from minutes. A filter by process leaves no events: theirs is a
 * principal. Nobody knows the workspace or key of a call whose telemetry is missing, so those are there under any.
 */
export function readWindow(
  tx: Tx,
  { from, to, filter = {} }: { from: number; to: number; filter?: ExplainFilter },
): Promise<WindowSum[]> {
  const parts = tiles(from, to).map(
    ({ unit, from: start, to: end }) =>
      `SELECT measure, key, process, operation, label, n FROM rollup_${unit}
       WHERE ${unit} >= '${iso(start)}'::timestamptz AND ${unit} < '${iso(end)}'::timestamptz
         AND measure <> 'reopened' AND (measure = 'missing' OR ($1::text IS NULL OR workspace = $1::text)
         AND ($2::text IS NULL OR key = $2::text)) AND ($3::text IS NULL OR process = $3::text)`,
  );
  return tx.$queryRawUnsafe<WindowSum[]>(
    `SELECT measure, key, process, operation, label, sum(n)::float8 AS n
     FROM (${parts.join(' UNION ALL ')}) parts GROUP BY 1, 2, 3, 4, 5`,
    filter.workspace ?? null,
    filter.key ?? null,
    filter.process ?? null,
  );
}

interface Tile {
  unit: 'minute' | 'hour' | 'day';
  from: number;
  to: number;
}

/** Whole days, whole hours beside them, minutes at the edges; at least one, perhaps empty. */
export function tiles(from: number, to: number): Tile[] {
  const up = (at: number, unit: number) => Math.ceil(at / unit) * unit;
  const down = (at: number, unit: number) => Math.floor(at / unit) * unit;
  const [hourFrom, hourTo] = [up(from, hourMs), down(to, hourMs)];
  if (hourFrom >= hourTo) return [{ unit: 'minute', from, to }];
  const minutes: Tile[] = [
    { unit: 'minute', from, to: hourFrom },
    { unit: 'minute', from: hourTo, to },
  ];
  const [dayFrom, dayTo] = [up(hourFrom, dayMs), down(hourTo, dayMs)];
  const whole: Tile[] =
    dayFrom >= dayTo
      ? [{ unit: 'hour', from: hourFrom, to: hourTo }]
      : [
          { unit: 'hour', from: hourFrom, to: dayFrom },
          { unit: 'day', from: dayFrom, to: dayTo },
          { unit: 'hour', from: dayTo, to: hourTo },
        ];
  return [...minutes, ...whole].filter((tile) => tile.from < tile.to);
}

const iso = (at: number): string => new Date(at).toISOString();
