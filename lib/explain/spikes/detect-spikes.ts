/**
 * Spikes in minute counts: single minutes and bursts of five that stand out from the usual. Where counts by cause
 * exist, each cause's own counts are searched too: a few strangers among many calls of ours, or one deploy's cold
 * starts, drown in the noise of the whole. Only looks back in time; `minuteScores` says how.
 */
import { burstMinutes, closeZ, type MinuteScores, minuteScores, openP } from './minute-scores.ts';
import { normalTail } from './normal-tail.ts';
import { outsiders } from './request-series.ts';

export interface MinuteSeries {
  /** Epoch ms of the first minute. */
  start: number;
  counts: ArrayLike<number>;
  /** The counts by cause, as far as causes are known. */
  parts?: ReadonlyMap<string, ArrayLike<number>>;
}

export interface FoundSpike {
  /** Indexes of its minutes, `[from, to)`. */
  from: number;
  to: number;
  count: number;
  expected: number;
  /** Index of its busiest minute. */
  peak: number;
  /** The highest score of its minutes and bursts, and how likely chance is to reach it. */
  z: number;
  pValue: number;
}

export const spikeSetting = {
  openP,
  /** A spike that begins within so many minutes of another continues it. */
  refractoryMinutes: 5,
  burstMinutes,
  /** The fewest calls above expectation that make a spike. */
  excessMin: 8,
  /** A burst of one cause is a spike only if it is this large beside everything usual in the same minutes. */
  partShareMin: 0.4,
} as const;

/** Minutes that stand out together. */
interface Run {
  from: number;
  to: number;
  z: number;
}

/** @param scores of the counts, for who has them already */
export function detectSpikes(
  series: MinuteSeries,
  scores: MinuteScores = minuteScores(series.counts),
): FoundSpike[] {
  const runs = [...minuteRuns(scores), ...burstRuns(scores), ...partRuns(series, scores)];
  return merged(runs)
    .map((run) => spikeOf(run, series.counts, scores))
    .filter(({ count, expected }) => count - expected >= spikeSetting.excessMin);
}

/** The expected count of each minute; zero before the first minute with any count. */
export const expectedCounts = ({ counts }: MinuteSeries): Float64Array =>
  minuteScores(counts).expected;

const opens = (score: number): boolean => score >= closeZ && normalTail(score) < openP;

/** From the minute that stands out to the last of those that still do. */
function minuteRuns({ z, alone }: MinuteScores): Run[] {
  const runs: Run[] = [];
  let open: Run | null = null;
  for (let index = 0; index < alone.length; index += 1) {
    const score = alone[index] ?? 0;
    const isOpening = opens(score);
    if (open !== null && open.to === index && (z[index] ?? 0) >= closeZ) {
      open.to = index + 1;
      open.z = Math.max(open.z, score);
    } else if (isOpening) {
      open = { from: index, to: index + 1, z: score };
      runs.push(open);
    }
  }
  return runs;
}

/** Bursts without the ordinary minutes at their edges. */
function burstRuns({ z, burst }: MinuteScores): Run[] {
  const isOrdinary = (index: number) => (z[index] ?? 0) < closeZ / 2;
  const runs: Run[] = [];
  // A series of years is mostly silent: build nothing for a minute that does not stand out.
  for (let index = 0; index < burst.length; index += 1) {
    const score = burst[index] ?? 0;
    if (!opens(score)) continue;
    let [from, to] = [Math.max(0, index - burstMinutes + 1), index + 1];
    while (from < to - 1 && isOrdinary(from)) from += 1;
    while (to > from + 1 && isOrdinary(to - 1)) to -= 1;
    runs.push({ from, to, z: score });
  }
  return runs;
}

function partRuns({ parts }: MinuteSeries, all: MinuteScores): Run[] {
  return [...(parts ?? [])].flatMap(([name, part]) => {
    const isLarge = (run: Pick<Run, 'from' | 'to'>, expected?: Float64Array) => {
      const minutes = run.to - run.from;
      const usual = (sumOf(all.expected, run) * burstMinutes) / Math.min(burstMinutes, minutes);
      const excess = sumOf(part, run) - (expected === undefined ? 0 : sumOf(expected, run));
      return excess >= Math.max(spikeSetting.excessMin, spikeSetting.partShareMin * usual);
    };
    // Most causes have no burst that is large beside all others: skip their scores.
    const may = (to: number) => isLarge({ from: Math.max(0, to - burstMinutes), to });
    if (!all.expected.some((_, index) => may(index + 1))) return [];
    const scores = minuteScores(part);
    const runs = burstRuns(scores);
    // Our own calls come in groups, so a few are chance. Anyone else's call has a reason, even a single one.
    if (outsiders.has(name)) runs.push(...minuteRuns(scores));
    return runs.filter((run) => isLarge(run, scores.expected));
  });
}

/** In order of time, merging those that overlap or follow soon. */
function merged(runs: readonly Run[]): Run[] {
  const found: Run[] = [];
  for (const run of runs.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last !== undefined && run.from - last.to <= spikeSetting.refractoryMinutes) {
      last.to = Math.max(last.to, run.to);
      last.z = Math.max(last.z, run.z);
    } else found.push({ ...run });
  }
  return found;
}

function spikeOf(run: Run, counts: ArrayLike<number>, { expected }: MinuteScores): FoundSpike {
  let peak = run.from;
  for (let index = run.from; index < run.to; index += 1)
    if (countAt(counts, index) > countAt(counts, peak)) peak = index;
  return {
    ...run,
    count: sumOf(counts, run),
    expected: sumOf(expected, run),
    peak,
    pValue: normalTail(run.z),
  };
}

const countAt = (counts: ArrayLike<number>, index: number): number => {
  const count = counts[index] ?? 0;
  return count > 0 ? count : 0;
};

function sumOf(counts: ArrayLike<number>, { from, to }: { from: number; to: number }): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += countAt(counts, index);
  return sum;
}

/**
 * Which findings hold at a false discovery rate of `q` (Benjamini and Hochberg), in the order given.
 * @param tests how many minutes were looked at for them; as many as were found where it is not said.
 */
export function benjaminiHochberg(
  pValues: readonly number[],
  q: number,
  tests: number = pValues.length,
): boolean[] {
  const sorted = [...pValues].sort((a, b) => a - b);
  let limit = -1;
  for (const [index, p] of sorted.entries()) if (p <= ((index + 1) / tests) * q) limit = p;
  return pValues.map((p) => p <= limit);
}
