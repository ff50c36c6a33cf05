/** The waterfall as bars: where each step starts and ends, and the panels it falls into. */
import type { WaterfallStep } from '../../../lib/shared/dto.ts';
import { countText, shareText, signedText } from '../../../lib/shared/screen-text.ts';

export interface WaterfallBar {
  step: WaterfallStep;
  id: string;
  /** Lower and upper end of the bar, in counts. */
  span: [number, number];
  /** The running sum after this step, where the next delta hangs. */
  level: number;
  role: 'total' | 'less' | 'more';
  /** A delta's size relative to the total above it, a total's relative to the panel's first; null if that is zero. */
  share: number | null;
}

/** Totals stand on zero; deltas start at the level where the step before ended. */
export function waterfallBars(steps: readonly WaterfallStep[]): WaterfallBar[] {
  const first = steps.find((step) => step.kind === 'total')?.value ?? 0;
  let above = first;
  let level = 0;
  return steps.map((step) => {
    const from = step.kind === 'total' ? 0 : level;
    level = from + step.value;
    const base = step.kind === 'total' ? first : above;
    if (step.kind === 'total') above = step.value;
    return {
      step,
      id: step.id,
      span: [Math.min(from, level), Math.max(from, level)],
      level,
      role: step.kind === 'total' ? 'total' : step.value < 0 ? 'less' : 'more',
      share: base > 0 ? Math.abs(step.value) / base : null,
    };
  });
}

/** Bars meet the rows of the table beside them, so both keep this height. */
export const rowHeight = 40;

/** A bar's ends on a logarithmic axis, which has no zero: it begins at one half. */
export function logSpan([low, high]: readonly [number, number]): [number, number] {
  return [Math.max(0.5, low), Math.max(0.5, high)];
}

export interface WaterfallPlace {
  bar: WaterfallBar;
  /** Its ends as shares of the width, and where the next one hangs. */
  from: number;
  to: number;
  end: number;
}

/** Where the bars lie on an axis that the longest of them fills. */
export function waterfallPlaces(
  bars: readonly WaterfallBar[],
  scale: 'linear' | 'log',
): WaterfallPlace[] {
  const ends = bars.map(({ span }) => (scale === 'log' ? logSpan(span) : span));
  const placeOf = (count: number): number => (scale === 'log' ? Math.log(count / 0.5) : count);
  const most = Math.max(...ends.map(([, high]) => placeOf(high)), Number.MIN_VALUE);
  return bars.map((bar, index) => {
    const [low, high] = (ends[index] ?? [0, 0]).map((count) => placeOf(count) / most);
    const [from, to] = [low ?? 0, high ?? 0];
    return { bar, from, to, end: bar.role === 'less' ? from : to };
  });
}

export interface WaterfallPanel {
  id: string;
  title: string;
  steps: WaterfallStep[];
}

/**
 * Two panels that share a total, since messages outnumber requests by orders: up to the KMS
 * requests, and from them to the audit events. One panel where there are not three totals.
 */
export function waterfallPanels(steps: readonly WaterfallStep[]): WaterfallPanel[] {
  const totals = steps.flatMap((step, index) => (step.kind === 'total' ? [index] : []));
  const inner = totals.slice(1, -1);
  const cut = inner.find((index) => steps[index]?.id === 'requests') ?? inner.at(-1);
  const parts = cut === undefined ? [steps.slice()] : [steps.slice(0, cut + 1), steps.slice(cut)];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => {
      const ends = part.filter((step) => step.kind === 'total');
      const [first, last] = [ends[0] ?? part[0], ends.at(-1) ?? part.at(-1)];
      return {
        id: first?.id ?? 'all',
        title: first === last ? (first?.label ?? '') : `${first?.label} → ${last?.label}`,
        steps: part,
      };
    });
}

/** The panel in words, for those who do not see it. */
export function waterfallSummary(bars: readonly WaterfallBar[]): string {
  return bars
    .map(({ step, role, share }) => {
      if (role === 'total') return `${step.label} ${countText(step.value)}`;
      const part = share === null ? '' : ` (${shareText(share)})`;
      return `${step.label} ${signedText(step.value)}${part}`;
    })
    .join(', ');
}
