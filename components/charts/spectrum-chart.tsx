'use client';

import { useState } from 'react';
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import { spanText } from '../../lib/shared/screen-text.ts';
import { decimalText } from './model/figure-text.ts';
import { shareIn } from './model/plot.ts';
import { spectrumSummary, spectrumTicks } from './model/spectrum.ts';
import { Plot, PlotLine, plotTop, Upright } from './plot.tsx';

/** How strongly load cohorts repeat at each period tried. */
export function SpectrumChart({
  spectrum,
  foundMs,
  theoryMs,
  active,
}: {
  spectrum: PatternView['spectrum'];
  foundMs: number | null;
  theoryMs: number | null;
  /** The period that is read. */
  active: number | null;
}) {
  const [at, setAt] = useState<number | null>(null);
  const points = [...spectrum].sort((a, b) => a.periodMs - b.periodMs);
  const periods = [
    ...points.map(({ periodMs }) => periodMs),
    ...(theoryMs === null ? [] : [theoryMs]),
  ];
  const x = { from: Math.min(...periods), to: Math.max(...periods) };
  const most = Math.max(0, ...points.map(({ z }) => z));
  const nearest = (place: number) =>
    points.reduce<(typeof points)[number] | undefined>(
      (best, point) =>
        best === undefined || Math.abs(point.periodMs - place) < Math.abs(best.periodMs - place)
          ? point
          : best,
      undefined,
    );
  return (
    <Plot
      label={`Strength by period: ${spectrumSummary(spectrum)}`}
      className="spectrum-chart"
      x={{ ...x, ticks: spectrumTicks(spectrum), text: spanText }}
      most={most}
      at={at}
      onAt={setAt}
      tooltip={(place) => {
        const point = nearest(place);
        return (
          point && (
            <p className="chart-tooltip">
              {spanText(point.periodMs)}: z {decimalText(point.z)}
            </p>
          )
        );
      }}
    >
      {foundMs !== null && (
        <Upright share={shareIn(foundMs, x)} stroke="var(--line-echo)" width={2} />
      )}
      {theoryMs !== null && (
        <Upright share={shareIn(theoryMs, x)} stroke="var(--ink)" dashes="4 3" />
      )}
      {active !== null && <Upright share={shareIn(active, x)} stroke="var(--ink)" dashes="2 3" />}
      <PlotLine
        points={points.map(({ periodMs, z }) => ({ from: periodMs, to: periodMs, value: z }))}
        x={x}
        top={plotTop(most)}
        stroke="var(--bar-less)"
      />
    </Plot>
  );
}
