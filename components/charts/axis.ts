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

/** The start of the bucket under the pointer. */
export const startOf = ({ activeLabel }: MouseHandlerDataParam): number | null =>
  activeLabel === undefined || activeLabel === '' ? null : Number(activeLabel);
