'use client';

import dynamic from 'next/dynamic';
import { useEffect, useRef, useState } from 'react';
import { ChartFigure } from '../export/save-chart.tsx';
import { spectrumSummary } from './model/spectrum.ts';
import type { SpectrumChartProps } from './spectrum-chart.tsx';
import './chart.css';

const SpectrumDrawing = dynamic(
  async () => (await import('./spectrum-chart.tsx')).SpectrumDrawing,
  { ssr: false },
);

/** A chart's place and its sentence, there from the first; what draws it is loaded once one scrolls to it. */
export function SpectrumChart(props: SpectrumChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setIsNear(true);
      },
      { rootMargin: '100px' },
    );
    if (place.current) watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  const words = `Strength by period: ${spectrumSummary(props.spectrum)}`;
  return (
    <ChartFigure words={words}>
      <div ref={place} className="spectrum-chart" role="img" aria-label={words}>
        <noscript>
          <p className="note">{words}</p>
        </noscript>
        {isNear && <SpectrumDrawing {...props} />}
      </div>
    </ChartFigure>
  );
}
