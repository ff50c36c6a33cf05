/** Round instants for a time axis, and their words. */
import { dayText, timeText, zoneAheadMs } from '../../../lib/shared/screen-text.ts';

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;
const stepsMs = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * minuteMs),
  ...[1, 2, 7, 14, 28, 56].map((days) => days * dayMs),
];

/** Round instants within a stretch of time, whether or not a bucket begins at them; about `ticksMax` at most. */
export function instantTicks(
  { from, to }: { from: number; to: number },
  ticksMax: number,
): number[] {
  const stepMs = stepsMs.find((step) => (to - from) / step <= ticksMax) ?? 112 * dayMs;
  // Round by the clock that is shown.
  const aheadMs = zoneAheadMs(from);
  const ticks: number[] = [];
  for (let at = Math.ceil((from + aheadMs) / stepMs) * stepMs - aheadMs; at <= to; at += stepMs)
    ticks.push(at);
  return ticks;
}

const isMidnight = (at: number): boolean => (at + zoneAheadMs(at)) % dayMs === 0;

/** `03:04`; at midnight the day. */
export const tickText = (at: number): string => (isMidnight(at) ? dayText(at) : timeText(at));

/** Of each two ticks in a row the one that a narrow chart shows; the first that names a day is among them. */
export function ticksKept(ticks: readonly number[]): boolean[] {
  const day = Math.max(0, ticks.findIndex(isMidnight));
  return ticks.map((_, no) => no % 2 === day % 2);
}
