/**
 * Minute of the hour by hour: the levels of its colours, its cells as few paths, and the lines drawn over it. Places
 * are in columns [0, 60) and rows [0, hours); rows go down with time.
 */
import type { Brush, HourRow, PatternLine } from '../../../lib/shared/pattern-view.ts';
import { countText, zoneAheadMs } from '../../../lib/shared/screen-text.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Colours from one call to the most. */
export const heatLevels = 6;

/** More hours than these are not drawn: they would be less than a pixel each. */
export const heatRowsMax = 1_000;

export interface HeatGrid {
  /** Start of the first hour. */
  first: number;
  /** Hours from the first to the last. */
  hours: number;
  rows: readonly HourRow[];
  most: number;
  /** Hours before the first that are not drawn. */
  dropped: number;
}

export function heatGrid(rows: readonly HourRow[]): HeatGrid {
  const drawn = rows.slice(-heatRowsMax);
  const [first, last] = [drawn[0], drawn.at(-1)];
  const most = drawn.reduce((max, { minutes }) => Math.max(max, ...minutes), 0);
  const hours = first && last ? Math.round((last.hour - first.hour) / hourMs) + 1 : 0;
  return { first: first?.hour ?? 0, hours, rows: drawn, most, dropped: rows.length - drawn.length };
}

export interface HeatLevel {
  /** The colour, 1 to `heatLevels`. */
  colour: number;
  /** Counts from and to, both included. */
  from: number;
  to: number;
}

/** Counts differ by orders of magnitude, so each level spans a constant factor; few counts have few levels. */
export function heatScale(most: number): HeatLevel[] {
  if (most < 1) return [];
  const ends = new Set<number>();
  for (let level = 1; level < heatLevels; level += 1) {
    ends.add(Math.ceil((1 + most) ** (level / heatLevels) - 1 - 1e-9));
  }
  ends.add(most);
  const tops = [...ends].filter((end) => end >= 1 && end <= most).sort((a, b) => a - b);
  return tops.map((to, index) => ({
    colour:
      tops.length === 1
        ? heatLevels
        : 1 + Math.round((index * (heatLevels - 1)) / (tops.length - 1)),
    from: (tops[index - 1] ?? 0) + 1,
    to,
  }));
}

export const levelText = ({ from, to }: HeatLevel): string =>
  from === to ? countText(from) : `${countText(from)}–${countText(to)}`;

/** One path for each level: neighbouring cells of one colour in a row are one rectangle. */
export function heatPaths(
  { first, rows }: HeatGrid,
  scale: readonly HeatLevel[],
): { colour: number; path: string }[] {
  const levelOf = (n: number): number => (n < 1 ? -1 : scale.findIndex(({ to }) => n <= to));
  const parts = scale.map((): string[] => []);
  for (const { hour, minutes } of rows) {
    const y = (hour - first) / hourMs;
    let start = 0;
    for (let minute = 1; minute <= minutes.length; minute += 1) {
      const level = levelOf(minutes[start] ?? 0);
      if (minute < minutes.length && levelOf(minutes[minute] ?? 0) === level) continue;
      parts[level]?.push(`M${start} ${y}h${minute - start}v1h${start - minute}z`);
      start = minute;
    }
  }
  return scale.map(({ colour }, level) => ({ colour, path: (parts[level] ?? []).join('') }));
}

export interface Piece {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** Where an instant lies: its minute of the hour, in the middle of its hour's row. */
export function cellOf(at: number, { first }: Pick<HeatGrid, 'first'>): { x: number; y: number } {
  const row = Math.floor((at - first) / hourMs);
  return { x: (at - first - row * hourMs) / minuteMs, y: row + 0.5 };
}

/**
 * The line through its points. A step of about a whole number of hours moves by the remainder; where that crosses the
 * full hour, the line leaves at one edge and comes back at the other, one row on.
 */
export function linePieces(points: readonly { at: number }[], grid: HeatGrid): Piece[] {
  const pieces: Piece[] = [];
  for (let index = 1; index < points.length; index += 1) {
    const [before, after] = [points[index - 1], points[index]];
    if (!before || !after) continue;
    const from = cellOf(before.at, grid);
    const rows = Math.round((after.at - before.at) / hourMs);
    const x = from.x + (after.at - before.at - rows * hourMs) / minuteMs;
    const y = from.y + rows;
    if (x >= 0 && x < 60) {
      pieces.push({ x1: from.x, y1: from.y, x2: x, y2: y });
      continue;
    }
    const [edge, other, on] = x < 0 ? [0, 60, -1] : [60, 0, 1];
    const crossing = from.y + rows * ((edge - from.x) / (x - from.x));
    pieces.push({ x1: from.x, y1: from.y, x2: edge, y2: crossing });
    pieces.push({ x1: other, y1: crossing + on, x2: x - on * 60, y2: y + on });
  }
  return pieces;
}

/** Points within the drawn hours. */
export function drawnPoints(line: PatternLine, { first, hours }: HeatGrid): PatternLine['points'] {
  return line.points.filter(({ at }) => at >= first && at < first + hours * hourMs);
}

export interface HeatCell {
  row: number;
  minute: number;
}

/** The cell at a place given as shares of width and height; null outside. */
export function cellAt(
  { x, y }: { x: number; y: number },
  { hours }: Pick<HeatGrid, 'hours'>,
): HeatCell | null {
  if (!(x >= 0 && x < 1 && y >= 0 && y < 1) || hours === 0) return null;
  return { row: Math.floor(y * hours), minute: Math.floor(x * 60) };
}

/** The cell that a key moves to from another; null where the key moves none. */
export function cellAfter(
  { row, minute }: HeatCell,
  key: string,
  { hours }: Pick<HeatGrid, 'hours'>,
): HeatCell | null {
  const moves: ReadonlyMap<string, HeatCell> = new Map([
    ['ArrowLeft', { row, minute: minute - 1 }],
    ['ArrowRight', { row, minute: minute + 1 }],
    ['ArrowUp', { row: row - 1, minute }],
    ['ArrowDown', { row: row + 1, minute }],
    ['PageUp', { row: row - 24, minute }],
    ['PageDown', { row: row + 24, minute }],
    ['Home', { row, minute: 0 }],
    ['End', { row, minute: 59 }],
  ]);
  const to = moves.get(key);
  if (!to) return null;
  const within = (value: number, max: number) => Math.min(Math.max(value, 0), max);
  return { row: within(to.row, hours - 1), minute: within(to.minute, 59) };
}

/** The part between two cells, both included. */
export function brushBetween(a: HeatCell, b: HeatCell, { first }: Pick<HeatGrid, 'first'>): Brush {
  return {
    from: first + Math.min(a.row, b.row) * hourMs,
    to: first + (Math.max(a.row, b.row) + 1) * hourMs,
    firstMinute: Math.min(a.minute, b.minute),
    lastMinute: Math.max(a.minute, b.minute),
  };
}

/** The rows of a part as far as they are drawn. */
export function brushPlace({ from, to }: Brush, { first, hours }: HeatGrid) {
  const row = Math.max(0, (from - first) / hourMs);
  return { row, rows: Math.min(hours, (to - first) / hourMs) - row };
}

export interface CellFacts {
  /** The minute's start. */
  at: number;
  count: number;
  incomplete: boolean;
}

export function cellFacts({ row, minute }: HeatCell, { first, rows }: HeatGrid): CellFacts {
  const hour = first + row * hourMs;
  const found = rows.find((one) => one.hour === hour);
  return {
    at: hour + minute * minuteMs,
    count: found?.minutes[minute] ?? 0,
    incomplete: found?.incomplete ?? false,
  };
}

const labelHours = [1, 2, 3, 6, 12, 24, 48, 168, 336];

/** Rows that are labelled: hours of the day that are round on the shown clock, `labelsMax` of them at most. */
export function labelledRows({ first, hours }: HeatGrid, labelsMax: number): number[] {
  const step = labelHours.find((each) => hours / each <= labelsMax) ?? 720;
  const rows: number[] = [];
  for (let row = 0; row < hours; row += 1) {
    const at = first + row * hourMs;
    if (Math.floor((at + zoneAheadMs(at)) / hourMs) % step === 0) rows.push(row);
  }
  return rows.length > 0 || hours === 0 ? rows : [0];
}
