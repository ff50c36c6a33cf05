import { compactText } from '../../lib/shared/screen-text.ts';

/** How the axes of every chart look. */
export const axis = {
  tick: { fill: 'var(--muted)', fontSize: 12 },
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
