/**
 * Drops in minute counts: stretches with less than half of the usual. The usual is the lowest such stretch of the two
 * hours before, so that a rest between bursts is no drop, moved on by the earlier trend, so that an evening is none. A
 * stretch that was as low at this time of earlier days is none either. Only looks back in time.
 */
import { anscombe, openP } from './minute-scores.ts';
import { normalTail } from './normal-tail.ts';
import { quantileOf, RollingLeast, RollingQuantiles } from './rolling-quantiles.ts';

export interface FoundDrop {
  /** Indexes of its minutes, `[from, to)`. */
  from: number;
  to: number;
  count: number;
  expected: number;
  pValue: number;
  /** What earlier bursts took in advance: leases renewed together leave a quiet time behind. */
  advance: number;
}

const widths = [5, 15, 45] as const;
const lookbackMinutes = 120;
const samplesMin = 30;
const dayMinutes = 1_440;
const sameTimeDays = 7;
const shareMax = 0.5;
const advanceMinutes = 15;
/** A minute with so many times the usual count is a burst. */
const burstTimes = 3;
/** What lasts longer than this has become usual. */
const dropMinutesMax = 2 * dayMinutes;

/**
 * @param counts only as far as they are complete: an incomplete end would look like a drop.
 */
export function detectDrops(counts: ArrayLike<number>): FoundDrop[] {
  const sums = cumulated(counts);
  const found = widths.flatMap((width) => dropsOf(counts, sums, width));
  return merged(found.sort((a, b) => a.from - b.from)).map((drop) => ({
    ...drop,
    count: between(sums, drop.from, drop.to),
  }));
}

type Sums = Float64Array;
const between = (sums: Sums, from: number, to: number): number =>
  (sums[Math.min(to, sums.length - 1)] ?? 0) - (sums[Math.max(0, from)] ?? 0);

function cumulated(counts: ArrayLike<number>): Sums {
  const sums = new Float64Array(counts.length + 1);
  for (let index = 0; index < counts.length; index += 1)
    sums[index + 1] = (sums[index] ?? 0) + Math.max(0, counts[index] || 0);
  return sums;
}

function dropsOf(counts: ArrayLike<number>, sums: Sums, width: number): FoundDrop[] {
  const drops: FoundDrop[] = [];
  const usual = new RollingLeast(lookbackMinutes);
  const first = sums.findIndex((sum) => sum > 0) - 1;
  if (first < 0) return drops;
  for (let end = first + 2 * width; end <= counts.length; end += 1) {
    usual.push(between(sums, end - 2 * width, end - width));
    const isSilent = between(sums, end - 2 * width, end - width) === 0;
    if (isSilent || usual.length < samplesMin) continue;
    const low = lowAt(sums, { end, width, usual, first });
    if (low === null) continue;
    const drop = lasting(counts, sums, { end, width, ...low });
    drops.push(drop);
    // None of this is usual: minutes after a drop are compared with those before it.
    end = drop.to + width;
  }
  return drops;
}

function lowAt(
  sums: Sums,
  { end, width, usual, first }: { end: number; width: number; usual: RollingLeast; first: number },
): { rate: number; least: number; pValue: number } | null {
  const sum = between(sums, end - width, end);
  const before = between(sums, end - 2 * width, end - width);
  const falling = Math.max(0, between(sums, end - 3 * width, end - 2 * width) - before);
  const least = Math.min(usual.least, before - falling);
  if (least <= 0 || sum > least * shareMax) return null;
  const sorted = usual.sorted();
  const middle = quantileOf(sorted, 0.5);
  const scale = Math.max(1, (anscombe(middle) - anscombe(quantileOf(sorted, 0.25))) / 0.6745);
  const pValue = normalTail((anscombe(least) - anscombe(sum)) / scale);
  if (pValue >= openP || isAsEver(sums, { end, width, first })) return null;
  return { rate: middle / width, least, pValue };
}

/** Whether it was as low at this time on most days before, or on the same day a week ago. */
function isAsEver(
  sums: Sums,
  { end, width, first }: { end: number; width: number; first: number },
): boolean {
  const sum = between(sums, end - width, end);
  const days = new RollingQuantiles(sameTimeDays);
  let weekAgo = Number.POSITIVE_INFINITY;
  for (let day = 1; day <= sameTimeDays && end - width - day * dayMinutes >= first; day += 1) {
    const at = end - day * dayMinutes;
    // The same time of day may come this much earlier or later.
    const later = at + Math.ceil(width / 2);
    const then = Math.min(between(sums, at - width, at), between(sums, later - width, later));
    days.push(then);
    if (day === sameTimeDays) weekAgo = then;
  }
  const usual = days.length === 0 ? Number.POSITIVE_INFINITY : Math.min(days.at(0.5), weekAgo);
  return sum >= usual * shareMax;
}

/** The low minutes from when it began; of those the stretch that lacks the most. */
function lasting(
  counts: ArrayLike<number>,
  sums: Sums,
  low: { end: number; width: number; rate: number; least: number; pValue: number },
): FoundDrop {
  const { width, rate, least, pValue } = low;
  const begin = low.end - width;
  let end = low.end;
  const isLow = (at: number) => between(sums, at - width, at) <= least * shareMax;
  while (end < counts.length && end - begin < dropMinutesMax && isLow(end + 1)) end += 1;
  const { from, to } = mostLacking(counts, { begin, end, rate });
  const count = between(sums, from, to);
  let advance = 0;
  for (let index = Math.max(0, from - advanceMinutes); index < from; index += 1)
    if ((counts[index] ?? 0) >= burstTimes * rate) advance += (counts[index] ?? 0) - rate;
  return { from, to, count, expected: rate * (to - from), pValue, advance };
}

function mostLacking(
  counts: ArrayLike<number>,
  { begin, end, rate }: { begin: number; end: number; rate: number },
): { from: number; to: number } {
  let best = { from: begin, to: end, lack: 0 };
  let [from, lack] = [begin, 0];
  for (let at = begin; at < end; at += 1) {
    if (lack <= 0) [from, lack] = [at, 0];
    lack += rate * shareMax - (counts[at] ?? 0);
    if (lack > best.lack) best = { from, to: at + 1, lack };
  }
  return best;
}

/** Merges drops that overlap. */
function merged(drops: readonly FoundDrop[]): FoundDrop[] {
  const found: FoundDrop[] = [];
  for (const drop of drops) {
    const last = found.at(-1);
    if (last === undefined || drop.from > last.to) {
      found.push({ ...drop });
      continue;
    }
    const rate = Math.max(
      last.expected / (last.to - last.from),
      drop.expected / (drop.to - drop.from),
    );
    last.to = Math.max(last.to, drop.to);
    last.expected = rate * (last.to - last.from);
    last.pValue = Math.min(last.pValue, drop.pValue);
    last.advance = Math.max(last.advance, drop.advance);
  }
  return found;
}
