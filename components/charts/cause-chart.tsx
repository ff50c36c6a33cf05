'use client';

import { memo } from 'react';
import { countOf } from '../../lib/shared/counts.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { causePaint } from './cause-style.ts';
import { CauseTooltip } from './cause-tooltip.tsx';
import type { OnRange } from './cursor.ts';
import { type CauseRow, type CauseSeries, causeAt, causeSummary } from './model/cause-series.ts';
import { percent, shareOf, stepPath, stopAt } from './model/plot.ts';
import { Marked, Plot, Stretched } from './plot.tsx';

/** What the line over the bars tells, and whether it has an axis of its own. */
export interface ChartLine {
  label: string;
  axis: 'own' | 'counts';
  /** Null where it is not known: nothing is drawn then. */
  of: (row: CauseRow) => number | null;
}

interface CauseChartProps {
  label: string;
  series: CauseSeries;
  line: ChartLine;
  /** The window that the buckets are of. */
  within?: TimeWindow;
  /** What the chart is about. */
  marked?: TimeWindow;
  onPick: (row: CauseRow, cause: string) => void;
  onRange: OnRange;
}

/** Requests by cause as stacked bars, never smoothed, with a line over them. */
export function CauseChart({ label, series, line, marked, ...props }: CauseChartProps) {
  const { within, onPick, onRange } = props;
  const { rows, causes } = series;
  const isOwn = line.axis === 'own';
  const span = { from: rows[0]?.start ?? 0, to: rows.at(-1)?.end ?? 1 };
  const stops = rows.map((row) => ({ from: row.start, to: row.end, row }));
  const lineMost = Math.max(1, ...rows.map((row) => line.of(row) ?? 0));
  const most = Math.max(1, ...rows.map(({ requests }) => requests), isOwn ? 0 : lineMost);
  return (
    <Plot
      words={`${label}: ${causeSummary(series, instantText, isOwn)}`}
      span={span}
      most={most}
      mostRight={isOwn ? lineMost : null}
      stops={stops}
      within={within}
      tooltip={({ from }) => <CauseTooltip row={stopAt(stops, from)?.row} line={line} />}
      onRange={onRange}
      onPick={({ at, value }) => {
        const row = stopAt(stops, at)?.row;
        const cause = row && causeAt(row, causes, value);
        if (row && cause) onPick(row, cause);
      }}
    >
      {(top, topRight) => (
        <>
          {marked && <Marked span={span} of={marked} className="spike-mark" />}
          <Bars series={series} top={top} />
          <Stretched span={span} top={isOwn ? topRight : top}>
            <path
              className={isOwn ? 'line-messages' : 'line-expected'}
              d={stepPath(
                stops.map((stop) => ({ ...stop, value: line.of(stop.row) })),
                { from: span.from, top: isOwn ? topRight : top },
              )}
            />
          </Stretched>
        </>
      )}
    </Plot>
  );
}

/** The share of a bucket's width that stays free on each side of its bar. */
const gap = 0.06;

const Bars = memo(function Bars({
  series: { rows, causes },
  top,
}: {
  series: CauseSeries;
  top: number;
}) {
  const span = { from: rows[0]?.start ?? 0, to: rows.at(-1)?.end ?? 1 };
  return (
    <svg aria-hidden="true">
      {rows.map((row) => {
        const width = shareOf(row.end, span) - shareOf(row.start, span);
        const x = {
          x: percent(shareOf(row.start, span) + width * gap),
          width: percent(width * (1 - 2 * gap)),
        };
        let below = 0;
        return (
          <g key={row.start}>
            {causes.map((cause) => {
              const count = countOf(row.causes, cause);
              if (count === 0) return null;
              below += count;
              return (
                <rect
                  key={cause}
                  {...x}
                  y={percent(1 - below / top)}
                  height={percent(count / top)}
                  fill={causePaint(cause).fill}
                />
              );
            })}
            {row.hatch === 1 && <rect {...x} height="100%" fill="url(#bar-incomplete)" />}
          </g>
        );
      })}
    </svg>
  );
});
