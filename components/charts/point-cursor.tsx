'use client';

import { PageLink } from '../ui/page-link.tsx';
import { ChartCursor } from './chart-cursor.tsx';
import { type OnRange, useRowAtCursor } from './cursor.ts';

/** A stretch of a chart in words. */
export interface ReadPoint {
  start: number;
  end: number;
  at: string;
  counts: string;
  /** Where it leads, if anywhere. */
  more?: { href: string; text: string } | null;
}

/** Reads one stretch of a chart, and selects several. */
export function PointCursor({
  label,
  points,
  onRange,
}: {
  label: string;
  points: readonly ReadPoint[];
  onRange: OnRange;
}) {
  const { row, ...cursor } = useRowAtCursor(points, onRange);
  const more = row?.more ?? null;
  const said = row && `${row.at}: ${row.counts}${more === null ? '' : `; ${more.text}`}`;
  return (
    <ChartCursor label={label} count={points.length} text={said ?? 'Nothing chosen'} {...cursor}>
      {row ? (
        <p className="chart-readout">
          <strong>{row.at}</strong>
          <span className="num">{row.counts}</span>
          {more !== null && <PageLink href={more.href}>{more.text}</PageLink>}
        </p>
      ) : (
        <p className="chart-readout muted">
          Point at the chart, or slide along it, to read it.{' '}
          <span className="keys-only">Shift with an arrow key selects.</span>
        </p>
      )}
    </ChartCursor>
  );
}
