'use client';

import dynamic from 'next/dynamic';
import { countText, instantText, nounText } from '../../lib/shared/screen-text.ts';
import { SaveChart } from '../export/save-chart.tsx';
import type { CauseChartProps } from './cause-chart.tsx';
import type { KeyChartProps } from './key-chart.tsx';
import { causeSummary } from './model/cause-series.ts';
import { stepText } from './model/echo-timeline.ts';
import { spectrumSummary } from './model/spectrum.ts';
import { spikeSummary } from './model/spike-series.ts';
import { rowHeight, waterfallSummary } from './model/waterfall.ts';
import type { SpectrumChartProps } from './spectrum-chart.tsx';
import type { SpikeChartProps } from './spike-chart.tsx';
import type { TimelineChartProps } from './timeline-chart.tsx';
import type { WaterfallChartProps } from './waterfall-chart.tsx';
import './chart.css';

const CauseDrawing = dynamic(async () => (await import('./cause-chart.tsx')).CauseDrawing, {
  ssr: false,
});
const KeyDrawing = dynamic(async () => (await import('./key-chart.tsx')).KeyDrawing, {
  ssr: false,
});
const SpikeDrawing = dynamic(async () => (await import('./spike-chart.tsx')).SpikeDrawing, {
  ssr: false,
});
const SpectrumDrawing = dynamic(
  async () => (await import('./spectrum-chart.tsx')).SpectrumDrawing,
  { ssr: false },
);
const TimelineDrawing = dynamic(
  async () => (await import('./timeline-chart.tsx')).TimelineDrawing,
  { ssr: false },
);
const WaterfallDrawing = dynamic(
  async () => (await import('./waterfall-chart.tsx')).WaterfallDrawing,
  { ssr: false },
);

/** A chart's place and its sentence, there from the first; what draws it is loaded after the page. */
function Chart({
  words,
  className,
  height,
  children,
}: {
  words: string;
  className: string;
  height?: number;
  children: React.ReactNode;
}) {
  return (
    <div className="chart-figure">
      <div
        className={className}
        role="img"
        aria-label={words}
        {...(height && { style: { height } })}
      >
        <noscript>
          <p className="note">{words}</p>
        </noscript>
        {children}
      </div>
      <SaveChart words={words} />
    </div>
  );
}

export function CauseChart({ label, ...props }: CauseChartProps & { label: string }) {
  const summary = causeSummary(props.series, instantText, props.line.axis === 'own');
  return (
    <Chart className="time-chart" words={`${label}: ${summary}`}>
      <CauseDrawing {...props} />
    </Chart>
  );
}

export function KeyChart(props: KeyChartProps) {
  const sum = (of: 'granted' | 'refused') => props.hours.reduce((all, hour) => all + hour[of], 0);
  const counts = `${countText(sum('granted'))} requests granted, ${countText(sum('refused'))} refused`;
  const changes = props.marks.map(({ label }) => label).join('; ');
  return (
    <Chart
      className="time-chart"
      words={`Requests by hour: ${counts}. ${nounText(props.marks.length, 'change')} of the key${changes === '' ? '' : `: ${changes}`}.`}
    >
      <KeyDrawing {...props} />
    </Chart>
  );
}

/** `noun`: what is counted. */
export function SpikeChart({ noun, ...props }: SpikeChartProps & { noun: string }) {
  const spikes = props.spikes.length;
  const summary = spikeSummary(props.rows, { spikes, noun, atText: instantText });
  return (
    <Chart className="time-chart" words={`${noun} over time: ${summary}`}>
      <SpikeDrawing {...props} />
    </Chart>
  );
}

export function SpectrumChart(props: SpectrumChartProps) {
  return (
    <Chart
      className="time-chart spectrum-chart"
      words={`Strength by period: ${spectrumSummary(props.spectrum)}`}
    >
      <SpectrumDrawing {...props} />
    </Chart>
  );
}

export function TimelineChart(props: TimelineChartProps) {
  return (
    <Chart className="time-chart timeline-chart" words={props.steps.map(stepText).join('; ')}>
      <TimelineDrawing {...props} />
    </Chart>
  );
}

export function WaterfallChart({ title, ...props }: WaterfallChartProps & { title: string }) {
  return (
    <Chart
      className="waterfall-chart"
      words={`${title}: ${waterfallSummary(props.bars)}`}
      height={props.bars.length * rowHeight}
    >
      <WaterfallDrawing {...props} />
    </Chart>
  );
}
