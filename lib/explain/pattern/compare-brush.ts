/** A part of the heatmap beside the rest, dimension by dimension: what has another share there than elsewhere. */
import { causeLabel } from '../../shared/causes.ts';
import type { Brush, BrushDimension, BrushView } from '../../shared/pattern-view.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const partsMax = 6;
const brushDimensions: readonly BrushDimension[] = [
  'cause',
  'workspace',
  'process',
  'principal',
  'key',
];

/** Whether an instant is in the part. */
export const isInBrush = ({ from, to, firstMinute, lastMinute }: Brush, at: number): boolean => {
  const minute = Math.floor((at % hourMs) / minuteMs);
  return at >= from && at < to && minute >= firstMinute && minute <= lastMinute;
};

interface Counted {
  dimension: BrushDimension;
  value: string;
  inside: number;
  outside: number;
}

/** Dimensions that have more than one value, each with the values whose shares differ most. */
export function compareBrush(counts: readonly Counted[]): BrushView['dimensions'] {
  return brushDimensions.flatMap((dimension) => {
    const known = counts.filter((one) => one.dimension === dimension && one.value !== '');
    if (known.length < 2) return [];
    const [inside, outside] = [sum(known, 'inside'), sum(known, 'outside')];
    const share = (n: number, of: number) => (of === 0 ? 0 : n / of);
    const difference = (one: Counted) =>
      Math.abs(share(one.inside, inside) - share(one.outside, outside));
    const parts = known
      .toSorted((a, b) => difference(b) - difference(a) || (a.value < b.value ? -1 : 1))
      .slice(0, partsMax)
      .map(({ value, ...sides }) => ({
        value,
        label: dimension === 'cause' ? causeLabel(value) : value,
        inside: sides.inside,
        outside: sides.outside,
      }));
    return [{ dimension, parts, inside, outside }];
  });
}

const sum = (counts: readonly Counted[], side: 'inside' | 'outside'): number =>
  counts.reduce((all, one) => all + one[side], 0);
