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

interface Level {
  median: number;
  scale: number;
}

/** In order of time; only the largest `burstsMax` where there are more. */
export function findBursts({ start, counts }: MinuteSeries): Burst[] {
  const scaled = Float64Array.from(counts, anscombe);
  const levels = levelsOf(scaled);
  const found: Burst[] = [];
  let run: Run = emptyRun;
  for (let index = 0; index <= scaled.length; index += 1) {
    const z = index < scaled.length ? scoreOf(scaled[index] ?? 0, levels[index] ?? null) : 0;
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

function burstOf(
  { start, counts }: MinuteSeries,
  { from, to }: Run,
  levels: readonly (Level | null)[],
): Burst {
  let [calls, excess, weighted] = [0, 0, 0];
  for (let index = from; index < to; index += 1) {
    const count = counts[index] ?? 0;
    const above = Math.max(0, count - counted(levels[index]?.median ?? 0));
    calls += count;
    excess += above;
    weighted += above * (index + 0.5);
  }
  const middle = excess > 0 ? weighted / excess : (from + to) / 2;
  const instant = (index: number) => start + index * minuteMs;
  return { from: instant(from), to: instant(to), at: instant(middle), calls, excess };
}

const scoreOf = (y: number, level: Level | null): number =>
  level === null ? 0 : (y - level.median) / level.scale;

/** The level around each minute, on the scale at which it stands out most; null where too few minutes surround it. */
function levelsOf(scaled: Float64Array): (Level | null)[] {
  const reaches = sides.map((side) => {
    const before = levelsBefore(scaled, side);
    const after = levelsBefore(scaled.toReversed(), side).reverse();
    return before.map((level, index) => busier(level, after[index] ?? null));
  });
  const [wide = [], near = []] = reaches;
  return wide.map((level, index) => {
    const other = near[index] ?? null;
    const y = scaled[index] ?? 0;
    return other !== null && scoreOf(y, other) > scoreOf(y, level) ? other : (level ?? other);
  });
}

/** The level of the minutes before each one. */
function levelsBefore(
  scaled: Float64Array,
  { minutes, minutesMin }: (typeof sides)[number],
): (Level | null)[] {
  const window = new RollingQuantiles(minutes);
  return Array.from(scaled, (y) => {
    const level = window.length < minutesMin ? null : levelOf(window);
    window.push(y);
    return level;
  });
}

/** The spread below the median: bursts inflate the spread above it. */
function levelOf(window: RollingQuantiles): Level {
  const median = window.at(0.5);
  return { median, scale: Math.max(1, (2 * (median - window.at(0.25))) / 1.349) };
}

function busier(one: Level | null, other: Level | null): Level | null {
  if (one === null || other === null) return one ?? other;
  const scale = Math.max(one.scale, other.scale);
  return { median: Math.max(one.median, other.median), scale };
}
