/**
 * How far each minute of a series lies above the usual. Anscombe's y = 2√(x + 3/8) makes counts comparable. Usual is
 * the median of the last hour, moved on by its trend; or what is usual at this time of day over a week, where that is
 * higher: a daily job is no surprise. The scale is that of a negative-binomial count, taken from minute-to-minute steps
 * of the last day, which the daily wave does not widen. Only looks back, except in a series' first two hours.
 */
import { normalTail } from './normal-tail.ts';
import { quantileOf, RollingQuantiles } from './rolling-quantiles.ts';

/** A minute stands out when chance is below this; `openZ` is the matching score. */
export const openP = 1e-5;
const openZ = 4.265;
/** A minute still belongs to a spike at this score or above. */
export const closeZ = 2;
/** Bursts of this many minutes are searched beside single minutes. */
export const burstMinutes = 5;

export interface MinuteScores {
  /** The usual count; zero before the first minute with any count. */
  expected: Float64Array;
  /** How far each minute is above it, in units of the scale. */
  z: Float64Array;
  /** The same, reduced where the series reaches high scores by itself: a spike opens at `openP`. */
  alone: Float64Array;
  /** The same for the burst of minutes that ends here. */
  burst: Float64Array;
}

const levelMinutes = 60;
const warmUpMinutes = 120;
const dayMinutes = 1_440;
const weekDays = 7;
/** Clocks and schedulers are early or late by this much. */
const sameTimeMinutes = 1;
const weekMinutes = weekDays * dayMinutes + sameTimeMinutes;
/** A zero where much is usual is a gap in recording: for so long it is not learnt from. */
const gapMinutesMax = 120;

/** Takes what is no count (negative, NaN) as zero. */
export const anscombe = (count: number): number => 2 * Math.sqrt((count > 0 ? count : 0) + 3 / 8);
export const counted = (y: number): number => Math.max(0, (y / 2) ** 2 - 3 / 8);
const nothing = anscombe(0);

interface Level {
  median: number;
  scale: number;
}

const silentMinutes = 6 * 60;
const silence: Level = { median: nothing, scale: 1 };

export function minuteScores(counts: ArrayLike<number>): MinuteScores {
  const { length } = counts;
  const scores = {
    expected: new Float64Array(length),
    z: new Float64Array(length),
    alone: new Float64Array(length),
    burst: new Float64Array(length),
  };
  const scaled = Float64Array.from(counts, anscombe);
  const first = scaled.findIndex((y) => y > nothing);
  if (first < 0) return scores;
  const usual = new Usual(scaled.subarray(first, first + warmUpMinutes));
  const tails = { alone: new UsualTail(), burst: new UsualTail() };
  for (let index = first; index < length; index += 1) {
    const y = scaled[index] ?? 0;
    const level = levelAt(scaled, { index, first, usual });
    const z = (y - level.median) / level.scale;
    scores.expected[index] = counted(level.median);
    scores.z[index] = z;
    scores.alone[index] = tails.alone.take(z, index);
    scores.burst[index] = tails.burst.take(burstScore(scores.z, index), index);
    usual.take(y, level, index);
  }
  return scores;
}

/** Leaves out the highest minute: one minute alone is no burst. */
function burstScore(z: Float64Array, index: number): number {
  let [sum, highest] = [0, Number.NEGATIVE_INFINITY];
  for (let at = Math.max(0, index - burstMinutes + 1); at <= index; at += 1) {
    sum += z[at] ?? 0;
    highest = Math.max(highest, z[at] ?? 0);
  }
  return (sum - highest) / Math.sqrt(burstMinutes - 1);
}

function levelAt(
  scaled: Float64Array,
  { index, first, usual }: { index: number; first: number; usual: Usual },
): Level {
  const y = scaled[index] ?? 0;
  const level = usual.level();
  const isHigh = (high: number) => high - level.median >= closeZ * level.scale;
  const same = index - first >= weekMinutes && isHigh(y) ? sameTime(scaled, index) : null;
  // By chance it exceeds the recent usual half the time: it counts only where it stands out.
  return same !== null && isHigh(same.median)
    ? { ...same, scale: Math.max(same.scale, level.scale) }
    : level;
}

/** What is usual at this time of day over the week before, and its spread. */
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

/** What has been usual recently. */
class Usual {
  readonly #early: Level;
  #warmUpLeft: number;
  readonly #hour = new RollingQuantiles(levelMinutes);
  /** Medians of the last hour, as each of its minutes had it. */
  readonly #medians: number[] = [];
  /** Of the last 24 hours, hour by hour. */
  readonly #dispersions = new RollingQuantiles(24);
  #minutes: number[] = [];
  #silent = 0;
  #passedOver = 0;

  constructor(early: Float64Array) {
    const sorted = early.toSorted();
    const median = quantileOf(sorted, 0.5);
    this.#early = { median, scale: Math.max(1, spreadOf(sorted)) };
    this.#warmUpLeft = early.length;
  }

  level(): Level {
    if (this.#warmUpLeft > 0) return this.#early;
    if (this.#silent > silentMinutes) return silence;
    const median = this.#hour.at(0.5);
    const scale = Math.sqrt(1 + this.#dispersions.at(0.5) * counted(median));
    const before = this.#medians.length < levelMinutes ? median : (this.#medians[0] ?? median);
    const rise = median - before;
    // Two hourly medians differ by at most this by chance; half of a real rise is still to come.
    const sure = (2 * 1.77 * scale) / Math.sqrt(levelMinutes);
    return { median: rise > sure ? median + rise / 2 : median, scale };
  }

  take(y: number, { median, scale }: Level, index: number): void {
    this.#silent = y === nothing ? this.#silent + 1 : 0;
    // After this long only silence is kept, and more of it changes nothing.
    if (this.#silent > silentMinutes) return;
    if (this.#silent === silentMinutes) this.#minutes = [];
    if (this.#warmUpLeft > 0) this.#warmUpLeft -= 1;
    else {
      const gap = y === nothing && normalTail((median - y) / scale) < openP;
      if (gap && this.#passedOver < gapMinutesMax) {
        this.#passedOver += 1;
        return;
      }
      this.#passedOver = Math.max(0, this.#passedOver - 1);
      this.#medians.push(this.#hour.at(0.5));
      if (this.#medians.length > levelMinutes) this.#medians.shift();
    }
    this.#hour.push(y);
    this.#minutes.push(y);
    if (!endsHour(index)) return;
    const mean = counted(this.#hour.at(0.5));
    // By the variance of a negative-binomial count after the transform, 1 + dispersion x mean.
    if (mean >= 1) this.#dispersions.push(Math.max(0, (noiseOf(this.#minutes) ** 2 - 1) / mean));
    this.#minutes = [];
  }
}

const spreadOf = (sorted: Float64Array): number =>
  (quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25)) / 1.349;

/** The standard deviation of minutes about a level that moves slowly, by their steps. */
function noiseOf(minutes: readonly number[]): number {
  const steps = new Float64Array(Math.max(0, minutes.length - 1));
  for (let at = 0; at < steps.length; at += 1)
    steps[at] = Math.abs((minutes[at + 1] ?? 0) - (minutes[at] ?? 0));
  return quantileOf(steps.sort(), 0.5) / 0.6745 / Math.SQRT2;
}

/**
 * The score that a series reaches by itself: requests in groups reach more than chance alone. A Gumbel distribution,
 * fitted to the quartiles of the hours' highest scores, gives what is exceeded once in two weeks. Where that is above
 * `openZ`, all scores are reduced in proportion.
 */
class UsualTail {
  /** Longer than any series is looked back on, so that its start plays no part. */
  readonly #hours = new RollingQuantiles(5 * 24);
  #highest = Number.NEGATIVE_INFINITY;
  #factor = 1;

  /** The score as it is reported. */
  take(score: number, index: number): number {
    const read = score / this.#factor;
    if (read < openZ) this.#highest = Math.max(this.#highest, score);
    if (endsHour(index)) this.#learn();
    return read;
  }

  #learn(): void {
    const highest = this.#highest;
    this.#highest = Number.NEGATIVE_INFINITY;
    if (highest === Number.NEGATIVE_INFINITY) return;
    this.#hours.push(highest);
    if (this.#hours.length < hoursMin) return;
    const quartile = this.#hours.at(0.25);
    const scale = (this.#hours.at(0.75) - quartile) / (gumbel(0.75) - gumbel(0.25));
    const surpassedOnce = quartile + scale * (gumbel(1 - 1 / (14 * 24)) - gumbel(0.25));
    this.#factor = Math.max(1, surpassedOnce / openZ);
  }
}
const hoursMin = 3;
/** By the clock, wherever the series begins. */
const endsHour = (index: number): boolean => (index + 1) % 60 === 0;
const gumbel = (q: number): number => -Math.log(-Math.log(q));
