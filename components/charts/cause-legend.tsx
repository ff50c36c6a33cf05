'use client';

import { useUrlState } from '../hooks/use-url-state.ts';
import { CauseName } from './cause-swatch.tsx';
import { type CauseSeries, causeTotal } from './model/cause-series.ts';

/** The causes of a chart: pressing one draws it alone, pressing more of them adds these, pressing again takes away. */
export function CauseLegend({
  series,
  countOf,
  children,
}: {
  series: CauseSeries;
  /** A cause's count as it is shown. */
  countOf?: (cause: string, total: number) => React.ReactNode;
  children?: React.ReactNode;
}) {
  const { values, set } = useUrlState();
  const chosen = values.causes ?? [];
  const toggle = (cause: string) => {
    const next = chosen.includes(cause)
      ? chosen.filter((one) => one !== cause)
      : [...chosen, cause];
    set({ causes: next.length > 0 ? next : null });
  };
  return (
    <ul className="chart-legend" aria-label="Causes">
      {series.causes.map((cause) => (
        <li key={cause}>
          <button
            type="button"
            className="legend-toggle"
            aria-pressed={chosen.includes(cause)}
            onClick={() => toggle(cause)}
          >
            <CauseName cause={cause} />
          </button>{' '}
          {countOf?.(cause, causeTotal(series, cause))}
        </li>
      ))}
      {children}
      {chosen.length > 0 && (
        <li>
          <button
            type="button"
            className="button button-small"
            onClick={() => set({ causes: null })}
          >
            All causes
          </button>
        </li>
      )}
    </ul>
  );
}
