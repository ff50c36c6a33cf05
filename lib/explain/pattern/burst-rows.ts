/**
 * Rows of bursts: bursts that follow one another by about one period. They make the heatmap's lines where lineage tells
 * nothing. Pure geometry; what a row means is decided elsewhere.
 */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** At most this share of all rows may be due to chance. */
const chanceMax = 0.05;
const rowMin = 3;
/** A line that drifts less than this over its whole length stays in its minute. */
const stillMinutes = 1.5;

export interface SlopeFit {
  periodMs: number;
  /** How many minutes within the hour the line drifts, per hour. */
  driftMinutes: number;
  /** The line stays in the same minute of each hour. */
  upright: boolean;
}

export interface RowStep {
  periodMs: number;
  /** How far from its expected instant the next burst of a row may be. */
  toleranceMs: number;
  /**
   * Expect the next burst by the mean period so far, so that the row cannot wander; otherwise one period after the last
   * burst.
   */
  steady: boolean;
}

/**
 * Rows of indexes into `instants` (ascending): each burst about one period after the last, with at most one missing
 * between two. Longest first; each index is in one row; rows as short as chance makes are left out.
 */
export function burstRows(instants: readonly number[], step: RowStep): number[][] {
  const { periodMs, toleranceMs, steady } = step;
  const least = rowLengthMin(instants, toleranceMs);
  const left = new Set(instants.keys());
  const rows: number[][] = [];
  for (const first of instants.keys()) {
    if (!left.has(first)) continue;
    const row = [first];
    // Where the last burst should have been by the mean period.
    let due = instants[first] ?? 0;
    for (;;) {
      const next = nextOf(instants, {
        due,
        after: row.at(-1) ?? first,
        left,
        periodMs,
        toleranceMs,
      });
      if (next === null) break;
      const expected = due + next.periods * periodMs;
      row.push(next.index);
      due = steady ? expected + next.off / row.length : expected + next.off;
    }
    if (row.length < least) continue;
    rows.push(row);
    for (const index of row) left.delete(index);
  }
  return rows.sort((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
}

/** The length of row that bursts strewn at random would reach in less than one case in twenty. */
function rowLengthMin(instants: readonly number[], toleranceMs: number): number {
  const n = instants.length;
  const span = (instants.at(-1) ?? 0) - (instants[0] ?? 0);
  const hit = span > 0 ? (n * 2 * toleranceMs) / span : 1;
  if (hit >= 0.5) return Number.POSITIVE_INFINITY;
  let length = rowMin;
  while (n * hit ** (length - 1) > chanceMax) length += 1;
  return length;
}

function nextOf(
  instants: readonly number[],
  by: {
    due: number;
    after: number;
    left: ReadonlySet<number>;
    periodMs: number;
    toleranceMs: number;
  },
): { index: number; periods: number; off: number } | null {
  const { due, after, left, periodMs, toleranceMs } = by;
  for (const periods of [1, 2]) {
    let nearest: { index: number; periods: number; off: number } | null = null;
    for (let index = after + 1; index < instants.length; index += 1) {
      const off = (instants[index] ?? 0) - due - periods * periodMs;
      if (off > toleranceMs) break;
      if (off < -toleranceMs || !left.has(index)) continue;
      if (nearest === null || Math.abs(off) < Math.abs(nearest.off))
        nearest = { index, periods, off };
    }
    if (nearest !== null) return nearest;
  }
  return null;
}

/** Least squares over `(number, instant)`; null for fewer than two numbers. */
export function fitSlope(points: readonly { no: number; at: number }[]): SlopeFit | null {
  const n = points.length;
  const origin = points[0]?.at ?? 0;
  const meanNo = points.reduce((sum, { no }) => sum + no, 0) / Math.max(1, n);
  const meanAt = points.reduce((sum, { at }) => sum + (at - origin), 0) / Math.max(1, n);
  let [square, product] = [0, 0];
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { no, at } of points) {
    square += (no - meanNo) ** 2;
    product += (no - meanNo) * (at - origin - meanAt);
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  if (square === 0) return null;
  const periodMs = product / square;
  const driftMinutes = hourlyDrift(periodMs);
  const upright = (Math.abs(driftMinutes) * (last - first)) / hourMs < stillMinutes;
  return { periodMs, driftMinutes, upright };
}

/** Numbers the instants by how many periods lie between them. */
export function numbered(
  instants: readonly number[],
  periodMs: number,
): { no: number; at: number }[] {
  let no = 0;
  return instants.map((at, index) => {
    const before = instants[index - 1] ?? at;
    no += Math.round((at - before) / periodMs);
    return { no, at };
  });
}

/** By how many minutes an hour a period drifts from its minute, measured against the nearest number of whole hours. */
function hourlyDrift(periodMs: number): number {
  if (!(periodMs > 0)) return 0;
  const hours = periodMs / hourMs;
  if (hours >= 0.75) {
    const whole = Math.round(hours);
    return (60 * (hours - whole)) / whole;
  }
  return 60 * (Math.round(1 / hours) * hours - 1);
}
