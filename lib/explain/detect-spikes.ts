/**
 * Spikes in minute counts. Counts are made alike by Anscombe's y = 2√(x + 3/8); the baseline is the median of the two
 * hours before, or of the same time of day over a week where that stands out from it: a daily job is no surprise. The
 * scale is the IQR/1.349, at least that of a negative-binomial count with the dispersion of the day before. Causal, but
 * for the first two hours of a series, which are judged by themselves.
 */
import { normalTail } from './normal-tail.ts';
import { RollingQuantiles } from './rolling-quantiles.ts';

export interface MinuteSeries {
  /** Epoch ms of the first minute. */
  start: number;
  counts: ArrayLike<number>;
}

export interface FoundSpike {
  /** Indexes of its minutes, `[from, to)`. */
  from: number;
  to: number;
  count: number;
  expected: number;
  /** Index of its busiest minute. */
  peak: number;
  /** The score of the minute that stands out most, and its chance. */
  z: number;
  pValue: number;
}

export interface SpikeSetting {
  /** Minutes looked back on. */
  windowMinutes: number;
  /** A minute opens a spike below this chance. */
  openP: number;
  /** It lasts while the score stays at or above this. */
  closeZ: number;
  /** A spike that opens no later than so many minutes after another goes on with it. */
  refractoryMinutes: number;
  /** Calls above expectation that one must have at least. */
  excessMin: number;
}

export const spikeSetting: SpikeSetting = {
  windowMinutes: 120,
  openP: 1e-5,
  closeZ: 2,
  refractoryMinutes: 5,
  excessMin: 8,
};

const dayMinutes = 1_440;
const weekDays = 7;
/** Clocks and schedulers are early or late by so much. */
const sameTimeMinutes = 1;
const weekMinutes = weekDays * dayMinutes + sameTimeMinutes;
const dispersionEveryMinutes = 60;
const dispersionsKept = dayMinutes / dispersionEveryMinutes;

/** Alike for what is no count: below zero and NaN are taken as zero. */
export const anscombe = (count: number): number => 2 * Math.sqrt((count > 0 ? count : 0) + 3 / 8);
const counted = (y: number): number => Math.max(0, (y / 2) ** 2 - 3 / 8);

interface Level {
  median: number;
  scale: number;
}

export function detectSpikes(
  series: MinuteSeries,
  setting: SpikeSetting = spikeSetting,
): FoundSpike[] {
  const found: FoundSpike[] = [];
  let open: FoundSpike | null = null;
  eachMinute(series, setting, (index, y, level) => {
    const z = (y - level.median) / level.scale;
    // Almost every minute is ordinary, and needs no tail.
    const pValue = z < setting.closeZ ? 1 : normalTail(z);
    const opens = pValue < setting.openP;
    const expected = counted(level.median);
    if (open !== null && goesOn(index - open.to, { opens, z }, setting)) {
      extend(open, series, { index, z, pValue, expected });
    } else if (opens) {
      const count = countAt(series, index);
      open = { from: index, to: index + 1, count, expected, peak: index, z, pValue };
      found.push(open);
    }
  });
  return found.filter(({ count, expected }) => count - expected >= setting.excessMin);
}

const goesOn = (
  since: number,
  { opens, z }: { opens: boolean; z: number },
  { closeZ, refractoryMinutes }: SpikeSetting,
): boolean => (since === 0 && z >= closeZ) || (since <= refractoryMinutes && opens);

const countAt = ({ counts }: MinuteSeries, index: number): number => {
  const count = counts[index] ?? 0;
  return count > 0 ? count : 0;
};

/** Adds a minute, and those between that were passed over, at its own expectation. */
function extend(
  spike: FoundSpike,
  series: MinuteSeries,
  minute: { index: number; z: number; pValue: number; expected: number },
): void {
  for (let index = spike.to; index <= minute.index; index += 1) {
    spike.count += countAt(series, index);
    spike.expected += minute.expected;
  }
  spike.to = minute.index + 1;
  if (countAt(series, minute.index) > countAt(series, spike.peak)) spike.peak = minute.index;
  if (minute.z <= spike.z) return;
  spike.z = minute.z;
  spike.pValue = minute.pValue;
}

/** What each minute's baseline expects, as counts; zeros before the first one with anything in it. */
export function expectedCounts(
  series: MinuteSeries,
  setting: SpikeSetting = spikeSetting,
): Float64Array {
  const expected = new Float64Array(series.counts.length);
  eachMinute(series, setting, (index, _, { median }) => {
    expected[index] = counted(median);
  });
  return expected;
}

function eachMinute(
  { counts }: MinuteSeries,
  setting: SpikeSetting,
  visit: (index: number, y: number, level: Level) => void,
): void {
  const scaled = new Float64Array(counts.length);
  for (let index = 0; index < scaled.length; index += 1)
    scaled[index] = anscombe(counts[index] ?? 0);
  const first = scaled.findIndex((y) => y > nothing);
  if (first < 0) return;
  const baseline = new Baseline(setting);
  const warmUp = Math.min(scaled.length, first + setting.windowMinutes);
  for (let index = first; index < warmUp; index += 1) baseline.learn(scaled[index] ?? 0);
  const early = baseline.level();
  for (let index = first; index < scaled.length; index += 1) {
    const y = scaled[index] ?? 0;
    const level = index < warmUp ? early : baseline.level();
    const high = isHigh(y, level, setting);
    const same = high && index - first >= weekMinutes ? sameTime(scaled, index) : null;
    // Chance alone puts it above what is usual of late half the time: it counts where it stands out.
    const told = same !== null && isHigh(same.median, level, setting);
    visit(index, y, told ? { ...same, scale: Math.max(same.scale, level.scale) } : level);
    if (index >= warmUp) baseline.take(y, level);
  }
}

const nothing = anscombe(0);
const isHigh = (y: number, { median, scale }: Level, { closeZ }: SpikeSetting): boolean =>
  y - median >= closeZ * scale;

/** What is usual of late. */
class Baseline {
  readonly #setting: SpikeSetting;
  readonly #window: RollingQuantiles;
  readonly #dispersions = new RollingQuantiles(dispersionsKept);
  #learnt = 0;
  #passedOver = 0;

  constructor(setting: SpikeSetting) {
    this.#setting = setting;
    this.#window = new RollingQuantiles(setting.windowMinutes);
  }

  level(): Level {
    const median = this.#window.at(0.5);
    const spread = this.#spread();
    const usual = Math.sqrt(1 + this.#dispersions.at(0.5) * counted(median));
    return { median, scale: Math.max(1, spread, usual) };
  }

  /** Nothing where as much as this is usual is a gap in what was recorded: for a while it teaches nothing. */
  take(y: number, { median, scale }: Level): void {
    const { openP, windowMinutes } = this.#setting;
    const gap = () => normalTail((median - y) / scale) < openP;
    if (y === nothing && gap() && this.#passedOver < windowMinutes) {
      this.#passedOver += 1;
      return;
    }
    this.#passedOver = Math.max(0, this.#passedOver - 1);
    this.learn(y);
  }

  learn(y: number): void {
    this.#window.push(y);
    this.#learnt += 1;
    if (this.#learnt % dispersionEveryMinutes !== 0) return;
    const mean = counted(this.#window.at(0.5));
    // By the variance of a negative-binomial count after the transform, 1 + dispersion x mean.
    if (mean >= 1) this.#dispersions.push(Math.max(0, (this.#spread() ** 2 - 1) / mean));
  }

  #spread(): number {
    return (this.#window.at(0.75) - this.#window.at(0.25)) / 1.349;
  }
}

/** What is usual at this time of day, from the week before, and how widely it varies. */
function sameTime(scaled: Float64Array, index: number): Level {
  const days = new RollingQuantiles(weekDays);
  for (let day = 1; day <= weekDays; day += 1) {
    const at = index - day * dayMinutes;
    let most = 0;
    for (let near = at - sameTimeMinutes; near <= at + sameTimeMinutes; near += 1)
      most = Math.max(most, scaled[near] ?? 0);
    days.push(most);
  }
  return { median: days.at(0.5), scale: (days.at(0.75) - days.at(0.25)) / 1.349 };
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
