'use client';

import dynamic from 'next/dynamic';
import { LazyChart } from './lazy-chart.tsx';
import { stackSummary } from './model/stack.ts';
import type { StackChartProps } from './stack-chart.tsx';

const StackDrawing = dynamic(async () => (await import('./stack-chart.tsx')).StackDrawing, {
  ssr: false,
});

/** Counts of several kinds over time. */
export function StackChart({ label, ...props }: StackChartProps & { label: string }) {
  return (
    <LazyChart words={`${label}: ${stackSummary(props.rows, props.parts)}`} className="stack-chart">
      <StackDrawing {...props} />
    </LazyChart>
  );
}
