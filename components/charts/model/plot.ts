/** Where instants and counts lie in a plot, as shares of its width and height; no pixel is known here. */
import type { TimeWindow } from '../../../lib/shared/time-window.ts';

/** A place as CSS and SVG take it. */
export const percent = (share: number): string => `${Number((share * 100).toFixed(4))}%`;

export const shareOf = (at: number, { from, to }: TimeWindow): number =>
  to > from ? (at - from) / (to - from) : 0;

const steps = [1, 2, 5, 10, 20, 25, 50, 100];
const stepsMax = 4;

/** The whole counts that an axis names, from zero to one that is at least `most`. */
export function countTicks(most: number): number[] {
  const decade = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, most))) - 1);
  const step = (steps.find((each) => most / (each * decade) <= stepsMax) ?? 100) * decade;
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** The stop that holds the instant, else the nearest one. */
export function stopAt<T extends TimeWindow>(stops: readonly T[], at: number): T | null {
  const away = ({ from, to }: TimeWindow) => Math.max(from - at, at - to, 0);
  return stops.reduce<T | null>((best, stop) => {
    if (stop.from <= at && at < stop.to) return stop;
    return best === null || away(stop) < away(best) ? stop : best;
  }, null);
}

/** The stop at an instant, or one no further away than it is long; none where a chart shows another time. */
export function stopNear<T extends TimeWindow>(stops: readonly T[], at: number): T | null {
  const stop = stopAt(stops, at);
  if (stop === null) return null;
  const { from, to } = stop;
  return Math.max(from - at, at - to) <= to - from ? stop : null;
}

/** The stops of which only a part lies within the window. */
export const cutStops = <T extends TimeWindow>(stops: readonly T[], within: TimeWindow): T[] =>
  stops.filter(
    ({ from, to }) =>
      (from < within.from && to > within.from) || (from < within.to && to > within.to),
  );

interface Level extends TimeWindow {
  value: number | null;
}

/**
 * Levels as one path of steps, x in minutes from the first instant on and y down from `top`; a level that is not known
 * leaves a gap. A closed path goes down to zero at both ends of each stretch.
 */
export function stepPath(
  levels: readonly Level[],
  { from, top, isClosed = false }: { from: number; top: number; isClosed?: boolean },
): string {
  const x = (at: number): number => (at - from) / 60_000;
  const parts: string[] = [];
  let isDrawing = false;
  for (const level of levels) {
    if (level.value === null) {
      if (isDrawing && isClosed) parts.push(`V${top}`);
      isDrawing = false;
      continue;
    }
    const y = top - level.value;
    if (!isDrawing) parts.push(`M${x(level.from)} ${isClosed ? top : y}`);
    parts.push(`V${y}H${x(level.to)}`);
    isDrawing = true;
  }
  if (isDrawing && isClosed) parts.push(`V${top}`);
  return parts.join('');
}
