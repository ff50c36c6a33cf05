'use client';

import dynamic from 'next/dynamic';
import { LazyChart } from './lazy-chart.tsx';
import { spectrumSummary } from './model/spectrum.ts';
import type { SpectrumChartProps } from './spectrum-chart.tsx';

const SpectrumDrawing = dynamic(
  async () => (await import('./spectrum-chart.tsx')).SpectrumDrawing,
  { ssr: false },
);

export function SpectrumChart(props: SpectrumChartProps) {
  return (
    <LazyChart
      words={`Strength by period: ${spectrumSummary(props.spectrum)}`}
      className="spectrum-chart"
    >
      <SpectrumDrawing {...props} />
    </LazyChart>
  );
}
