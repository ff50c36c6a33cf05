/**
 * Bursts in minute counts: load cohorts, as far as counts alone show them. A minute stands out against the busier of
 * its two sides. Two hours on each side find cohorts up to half an hour wide; half an hour finds a sharp one on a wide
 * one's slope. Unlike a spike's baseline this looks ahead too, and a daily burst still counts: we look for recurrence.
 * A lasting change of level, or a gap, is no burst.
 */
import type { MinuteSeries } from '../spikes/detect-spikes.ts';
import { anscombe, counted } from '../spikes/minute-scores.ts';
import { RollingQuantiles } from '../spikes/rolling-quantiles.ts';

export interface Burst {
  /** Its minutes, epoch ms, `[from, to)`. */
  from: number;
  to: number;
  /** Mean instant of what exceeds the baseline, epoch ms. */
  at: number;
  calls: number;
  /** Calls above the baseline. */
  excess: number;
}

const minuteMs = 60_000;
/** How far to look on each side, and the fewest minutes there that define a level. */
const sides = [
  { minutes: 120, minutesMin: 10 },
  { minutes: 30, minutesMin: 30 },
] as const;
/** p < 1e-5, the same as for a spike. */
const openZ = 4.265;
const closeZ = 2;
/** A wider burst did not begin together. */
const widthMinutesMax = 45;
const excessMin = 8;
const burstsMax = 2_000;

/** Of each minute; NaN where too few minutes define one. */
interface Levels {
  median: Float64Array;
  scale: Float64Array;
}

const noLevels = (length: number): Levels => ({
  median: new Float64Array(length).fill(Number.NaN),
  scale: new Float64Array(length).fill(Number.NaN),
});
const isLevel = ({ median }: Levels, index: number): boolean => !Number.isNaN(median[index]);

/** In order of time; only the largest `burstsMax` where there are more. */
export function findBursts({ start, counts }: MinuteSeries): Burst[] {
  const scaled = Float64Array.from(counts, anscombe);
  const levels = levelsOf(scaled);
  const found: Burst[] = [];
  let run: Run = emptyRun;
  for (let index = 0; index <= scaled.length; index += 1) {
    const z = index < scaled.length ? scoreAt(scaled[index] ?? 0, levels, index) : 0;
    if (z >= closeZ) {
      run = { from: run.from < 0 ? index : run.from, to: index + 1, top: Math.max(run.top, z) };
      continue;
    }
    // One low minute does not end a burst.
    if (run.from < 0 || (index < scaled.length && index === run.to)) continue;
    if (run.top >= openZ && run.to - run.from <= widthMinutesMax)
      found.push(burstOf({ start, counts }, run, levels));
    run = emptyRun;
  }
  const real = found.filter(({ excess }) => excess >= excessMin);
  if (real.length <= burstsMax) return real;
  return real
    .sort((a, b) => b.excess - a.excess || a.from - b.from)
    .slice(0, burstsMax)
    .sort((a, b) => a.from - b.from);
}

interface Run {
  from: number;
  to: number;
  top: number;
}
const emptyRun: Run = { from: -1, to: -1, top: 0 };

function burstOf({ start, counts }: MinuteSeries, { from, to }: Run, { median }: Levels): Burst {
  let [calls, excess, weighted] = [0, 0, 0];
  for (let index = from; index < to; index += 1) {
    const count = counts[index] ?? 0;
    const above = Math.max(0, count - counted(median[index] || 0));
    calls += count;
    excess += above;
    weighted += above * (index + 0.5);
  }
  const middle = excess > 0 ? weighted / excess : (from + to) / 2;
  const instant = (index: number) => start + index * minuteMs;
  return { from: instant(from), to: instant(to), at: instant(middle), calls, excess };
}

/** How far a minute is above its level; 0 where it has none. */
const scoreAt = (y: number, { median, scale }: Levels, index: number): number =>
  (y - (median[index] ?? 0)) / (scale[index] ?? 1) || 0;

/** The level around each minute, on the scale at which it stands out most. */
function levelsOf(scaled: Float64Array): Levels {
  const backwards = scaled.toReversed();
  const [wide, near] = sides.map((side) => {
    const levels = levelsBefore(scaled, side);
    const after = levelsBefore(backwards, side);
    return busier(levels, { median: after.median.reverse(), scale: after.scale.reverse() });
  });
  if (wide === undefined || near === undefined) return noLevels(scaled.length);
  for (let index = 0; index < scaled.length; index += 1) {
    const y = scaled[index] ?? 0;
    if (!isLevel(wide, index) || scoreAt(y, near, index) > scoreAt(y, wide, index)) {
      wide.median[index] = near.median[index] ?? Number.NaN;
      wide.scale[index] = near.scale[index] ?? Number.NaN;
    }
  }
  return wide;
}

/** The level of the minutes before each; its spread is that below the median, since bursts inflate the one above. */
function levelsBefore(
  scaled: Float64Array,
  { minutes, minutesMin }: (typeof sides)[number],
): Levels {
  const window = new RollingQuantiles(minutes);
  const levels = noLevels(scaled.length);
  for (let index = 0; index < scaled.length; index += 1) {
    if (window.length >= minutesMin) {
      const median = window.at(0.5);
      levels.median[index] = median;
      levels.scale[index] = Math.max(1, (2 * (median - window.at(0.25))) / 1.349);
    }
    window.push(scaled[index] ?? 0);
  }
  return levels;
}

/** Puts the busier of both sides into `one`; of a minute with one side that. */
function busier(one: Levels, other: Levels): Levels {
  putHigher(one.median, other.median);
  putHigher(one.scale, other.scale);
  return one;
}

/** What is no number is lower than any. */
function putHigher(into: Float64Array, other: Float64Array): void {
  for (let index = 0; index < into.length; index += 1) {
    const value = other[index] ?? Number.NaN;
    if (value > (into[index] ?? 0) || Number.isNaN(into[index])) into[index] = value;
  }
}
