/** Places in a plot as shares of its size, so that a server without a screen draws what the browser does. */

export interface Range {
  from: number;
  to: number;
}

/** Where a value lies, 0 at the beginning and 1 at the end; a range without length begins everywhere. */
export const shareIn = (value: number, { from, to }: Range): number =>
  to > from ? (value - from) / (to - from) : 0;

/** `12.5%`, for an attribute of SVG or CSS. */
export const percent = (share: number): string => `${Number((share * 100).toFixed(3))}%`;

const stepsPerTen = [1, 2, 5, 10];
const ticksWanted = 4;

/** Round counts from 0 up to the first that holds the most; whole ones, where that is one. */
export function countTicks(most: number): number[] {
  const rough = Math.max(most, 1) / ticksWanted;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ten * (stepsPerTen.find((each) => ten * each >= rough) ?? 10));
  const ticks = [0];
  while ((ticks.at(-1) ?? 0) < most || ticks.length < 2) ticks.push(ticks.length * step);
  return ticks;
}

/** The part of a stretch that lies in the range, as shares; null where none does. */
export function placeIn(stretch: Range, range: Range): { x: number; width: number } | null {
  const from = Math.max(stretch.from, range.from);
  const to = Math.min(stretch.to, range.to);
  if (to <= from) return null;
  const x = shareIn(from, range);
  return { x, width: shareIn(to, range) - x };
}

/** A point of a line: its ends are the same where it is no step; null where nothing is known. */
export interface LinePoint extends Range {
  value: number | null;
}

const place = (share: number): string => String(Number(share.toFixed(5)));

/** The line through the points as an SVG path in a box of 1 by 1; parted where nothing is known. */
export function linePath(points: readonly LinePoint[], x: Range, top: number): string {
  let path = '';
  let isOpen = false;
  for (const { from, to, value } of points) {
    if (value === null) {
      isOpen = false;
      continue;
    }
    const y = place(1 - shareIn(value, { from: 0, to: top }));
    path += `${isOpen ? 'L' : 'M'}${place(shareIn(from, x))} ${y}`;
    if (to > from) path += `H${place(shareIn(to, x))}`;
    isOpen = true;
  }
  return path;
}
