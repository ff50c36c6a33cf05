import type { MouseHandlerDataParam } from 'recharts';
import { compactText } from '../../lib/shared/screen-text.ts';

/** How the axes of every chart look. */
export const axis = {
  tick: { fill: 'var(--muted)', fontSize: 11 },
  tickLine: false,
  axisLine: { stroke: 'var(--line-strong)' },
} as const;

export const countAxis = {
  ...axis,
  axisLine: false,
  width: 44,
  allowDecimals: false,
  tickFormatter: compactText,
} as const;

type CursorAt = Pick<MouseHandlerDataParam, 'activeLabel'>;

/** One cursor for all time charts of a page: each shows its own bucket nearest to the one under the pointer. */
export const oneCursor = {
  syncId: 'time',
  syncMethod: (ticks: readonly { value: unknown }[], { activeLabel }: CursorAt) => {
    const awayOf = (index: number) => Math.abs(Number(ticks[index]?.value) - Number(activeLabel));
    return ticks.reduce((best, _, index) => (awayOf(index) < awayOf(best) ? index : best), 0);
  },
} as const;

/** The start of the bucket under the pointer. */
export const startOf = ({ activeLabel }: MouseHandlerDataParam): number | null =>
  activeLabel === undefined || activeLabel === '' ? null : Number(activeLabel);
