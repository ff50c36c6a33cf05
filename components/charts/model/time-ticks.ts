/** Round instants for a time axis, and their words. */
import { dayText, timeText } from '../../../lib/shared/screen-text.ts';

const minuteMs = 60_000;
const stepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((n) => n * minuteMs);

/** The starts that lie on a round step, with about `ticksMax` of them at most. */
export function timeTicks(starts: readonly number[], ticksMax: number): number[] {
  const [first, last] = [starts[0], starts.at(-1)];
  if (first === undefined || last === undefined || ticksMax < 1) return [];
  const spanMs = last - first;
  const stepMs = stepsMs.find((step) => spanMs / step <= ticksMax) ?? 7 * 1440 * minuteMs;
  const round = starts.filter((start) => start % stepMs === 0);
  return round.length > 0 ? round : [first];
}

/** Round instants within a stretch of time, whether or not a bucket begins at them; about `ticksMax` at most. */
export function instantTicks(
  { from, to }: { from: number; to: number },
  ticksMax: number,
): number[] {
  const stepMs = stepsMs.find((step) => (to - from) / step <= ticksMax) ?? 7 * 1440 * minuteMs;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / stepMs) * stepMs; at <= to; at += stepMs) ticks.push(at);
  return ticks;
}

/** `03:04`; at midnight the day. */
export const tickText = (at: number): string =>
  at % (1440 * minuteMs) === 0 ? dayText(at) : timeText(at);
