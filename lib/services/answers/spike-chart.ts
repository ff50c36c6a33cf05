import type { SpikesView } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readSeriesDays } from '../../store/detection/detected-series.ts';
import type { ViewContext } from '../context.ts';
import type { NamedSeries, SpikesInput } from './spike-series.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const pointsMax = 1_500;
const bucketChoicesMs = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440].map(
  (minutes) => minutes * minuteMs,
);

/** Counts of a series, one every `stepMs` from `start` (epoch ms) on. */
export interface ChartPart {
  start: number;
  stepMs: number;
  counts: ArrayLike<number>;
  /** Of these, those that another key has as well. */
  also: ArrayLike<number> | null;
  expected: ArrayLike<number>;
}

export const chartPart = (
  { start, counts, also }: NamedSeries,
  expected: Float64Array,
): ChartPart => ({ start, stepMs: minuteMs, counts, also, expected });

/** The window's days as they were kept: those at its ends by the minute, the others as fine as the chart is. */
export async function keptParts(
  { db }: ViewContext,
  { window, filter: { keys, principal } }: SpikesInput,
): Promise<ChartPart[]> {
  const bucketMs = bucketMsFor(window);
  const first = window.from - (window.from % dayMs);
  const last = window.to - (window.to % dayMs);
  const inner = { from: Math.min(first + dayMs, last), to: last };
  const level = bucketMs >= 60 * minuteMs ? 60 : bucketMs >= 5 * minuteMs ? 5 : 1;
  const spans = [
    { from: first, to: inner.from, minutes: 1 },
    { ...inner, minutes: level },
    { from: last, to: last + dayMs, minutes: 1 },
  ] as const;
  const parts: ChartPart[] = [];
  for (const { minutes, ...span } of spans) {
    if (span.from >= span.to) continue;
    for (const { day, ...part } of await readSeriesDays(db, { ...span, keys, principal, minutes }))
      parts.push({ start: day, stepMs: minutes * minuteMs, ...part });
  }
  return parts;
}

/** The chart's points, as few as fit: at whole multiples of their length, the first and the last perhaps in part. */
export function chartOf(
  parts: readonly ChartPart[],
  of: { window: TimeWindow; wholeUntil: number | null; ofKey: boolean },
): Pick<SpikesView, 'bucketMs' | 'buckets'> {
  const { window, wholeUntil, ofKey } = of;
  const bucketMs = bucketMsFor(window);
  const first = Math.floor(window.from / bucketMs) * bucketMs;
  const buckets: SpikesView['buckets'] = [];
  for (let start = first; start < window.to; start += bucketMs) {
    const incomplete = wholeUntil === null || start + bucketMs > wholeUntil;
    buckets.push({ start, calls: 0, expected: 0, incomplete });
  }
  for (const { start, stepMs, counts, also, expected } of parts) {
    for (let index = 0; index < counts.length; index += 1) {
      const at = start + index * stepMs;
      const bucket = buckets[Math.floor((at - first) / bucketMs)];
      if (bucket === undefined || at < window.from || at >= window.to) continue;
      bucket.calls += (counts[index] ?? 0) - (ofKey ? 0 : (also?.[index] ?? 0));
      bucket.expected += expected[index] ?? 0;
    }
  }
  return { bucketMs, buckets };
}

const bucketMsFor = ({ from, to }: TimeWindow): number =>
  bucketChoicesMs.find((bucketMs) => (to - from) / bucketMs <= pointsMax) ??
  Math.ceil((to - from) / pointsMax / dayMs) * dayMs;
