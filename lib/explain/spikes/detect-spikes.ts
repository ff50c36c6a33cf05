/**
 * Spikes in minute counts: single minutes, and bursts of five, that stand out from what is usual. Where the counts are
 * known by cause, a burst of one cause is looked for in that cause's own counts: strangers among many calls of ours,
 * or a deploy's cold starts, which the noise of the rest would hide. Causal, see `minuteScores`.
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
  /** The score of the minute or burst that stands out most, and its chance. */
  z: number;
  pValue: number;
}

export const spikeSetting = {
  openP,
  /** A spike that opens no later than so many minutes after another goes on with it. */
  refractoryMinutes: 5,
  burstMinutes,
  /** Calls above expectation that one must have at least. */
  excessMin: 8,
  /** A burst of one cause is a spike where it has this share of all that is usual in a burst's time. */
  partShareMin: 0.4,
} as const;

/** Minutes that stand out together. */
interface Run {
  from: number;
  to: number;
  z: number;
}

export function detectSpikes(series: MinuteSeries): FoundSpike[] {
  const scores = minuteScores(series.counts);
  const runs = [...minuteRuns(scores), ...burstRuns(scores), ...partRuns(series, scores)];
  return merged(runs)
    .map((run) => spikeOf(run, series.counts, scores))
    .filter(({ count, expected }) => count - expected >= spikeSetting.excessMin);
}

/** What each minute's baseline expects, as counts; zeros before the first one with anything in it. */
export const expectedCounts = ({ counts }: MinuteSeries): Float64Array =>
  minuteScores(counts).expected;

const opens = (score: number): boolean => score >= closeZ && normalTail(score) < openP;

/** From a minute that opens as long as minutes stand out. */
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

/** Bursts without the minutes at their edges that are ordinary. */
function burstRuns({ z, burst }: MinuteScores): Run[] {
  const isOrdinary = (index: number) => (z[index] ?? 0) < closeZ / 2;
  const runs: Run[] = [];
  // Series of years are mostly silent: nothing is made for a minute that does not open.
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
    // Most causes have no burst that is large beside all the others: they need no scores.
    const may = (to: number) => isLarge({ from: Math.max(0, to - burstMinutes), to });
    if (!all.expected.some((_, index) => may(index + 1))) return [];
    const scores = minuteScores(part);
    const runs = burstRuns(scores);
    // Calls of ours come in clumps; whoever else comes, comes for a reason, even in one minute.
    if (outsiders.has(name)) runs.push(...minuteRuns(scores));
    return runs.filter((run) => isLarge(run, scores.expected));
  });
}

/** In order of time; those that overlap, or follow soon, as one. */
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
 * Which findings stand at a false discovery rate of `q`, in the order given.
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
