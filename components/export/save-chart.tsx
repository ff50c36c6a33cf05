'use client';

import { useState } from 'react';
import './export.css';

/** Saves the chart that stands before it as a picture; what does so is loaded when it is asked for. */
function SaveChart({ words }: { words: string }) {
  const [fault, setFault] = useState<string | null>(null);
  const [title = words] = words.split(': ');
  const save = async (button: HTMLElement) => {
    const chart = button.parentElement?.querySelector('[role=img], .heatmap');
    if (!chart) return setFault('The chart is not drawn yet');
    const name = `keytide-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
    try {
      // What names its parts stands beside it.
      const figure = button.parentElement?.parentElement;
      const names = figure?.querySelectorAll(':scope > .chart-legend, :scope > .waterfall-table');
      const { savePng } = await import('./save-png.ts');
      await savePng([chart, ...(names ?? [])], { name, title });
      setFault(null);
    } catch {
      setFault('The browser could not draw it');
    }
  };
  return (
    <button
      type="button"
      className="button button-small chart-save"
      aria-label={`PNG: save the chart ${title}`}
      onClick={(event) => void save(event.currentTarget)}
    >
      <span aria-live="polite">{fault ?? 'PNG'}</span>
    </button>
  );
}

/** A chart with what saves it. */
export function ChartFigure({ words, children }: { words: string; children: React.ReactNode }) {
  return (
    <div className="chart-figure">
      {children}
      <SaveChart words={words} />
    </div>
  );
}
