'use client';

import { countText, instantText, shownText } from '../../lib/shared/screen-text.ts';
import type { SpikeView } from '../../lib/shared/spike-view.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { ChartTooltip } from './chart-tooltip.tsx';
import type { OnRange } from './cursor.ts';
import { percent, shareOf, stepPath, stopAt } from './model/plot.ts';
import {
  type ComingEcho,
  comingText,
  incompleteStretches,
  type SpikeRow,
  spikeAt,
  spikeSummary,
} from './model/spike-series.ts';
import { Marked, Plot, Stretched } from './plot.tsx';

interface SpikeChartProps {
  rows: readonly SpikeRow[];
  spikes: readonly SpikeView[];
  /** What is still to come, beyond the rows. */
  coming: readonly ComingEcho[];
  /** The chart's whole span. */
  span: TimeWindow;
  /** The window that the rows are of. */
  within: TimeWindow;
  /** What is counted. */
  noun: string;
  onPick: (spike: SpikeView) => void;
  onRange: OnRange;
}

/** Counts as steps, never smoothed, the expectation as a line, spikes marked, incomplete stretches hatched. */
export function SpikeChart(props: SpikeChartProps) {
  const { rows, spikes, coming, span, noun, within, onPick, onRange } = props;
  const counted = rows.map((row) => ({ from: row.start, to: row.end, row, echo: null }));
  const stops = [...counted, ...coming.map((echo) => ({ ...echo, row: null, echo }))];
  const summary = spikeSummary(rows, { spikes: spikes.length, noun, atText: instantText });
  const ahead = coming.map((echo) => ` Ahead: ${comingText(echo)}.`).join('');
  return (
    <Plot
      words={`${noun} over time: ${summary}${ahead}`}
      span={span}
      most={Math.max(1, ...rows.map(({ calls, expected }) => Math.max(calls, expected)))}
      stops={stops}
      within={within}
      tooltip={({ from }) => {
        const stop = stopAt(stops, from);
        if (stop?.echo) return <p className="chart-tooltip">{comingText(stop.echo)}</p>;
        return <SpikeTooltip row={stop?.row ?? null} spikes={spikes} />;
      }}
      onRange={onRange}
      onPick={({ at, slackMs }) => {
        const spike = spikeAt(spikes, { start: at - slackMs, end: at + slackMs });
        if (spike) onPick(spike);
      }}
    >
      {(top) => (
        <>
          {spikes.map((spike) => (
            <Marked key={spike.href} span={span} of={spike} className="spike-mark" />
          ))}
          <Stretched span={span} top={top}>
            <path
              className="area-counted"
              d={stepPath(
                counted.map((stop) => ({ ...stop, value: stop.row.calls })),
                { from: span.from, top, isClosed: true },
              )}
            />
            <path
              className="line-expected"
              d={stepPath(
                counted.map((stop) => ({ ...stop, value: stop.row.expected })),
                { from: span.from, top },
              )}
            />
          </Stretched>
          <Hatched span={span} stretches={incompleteStretches(rows)} />
          {coming.map((echo) => (
            <Marked
              key={tupleKey(echo.rootAt, echo.generation)}
              span={span}
              of={echo}
              className="echo-ahead"
            />
          ))}
        </>
      )}
    </Plot>
  );
}

function Hatched({ span, stretches }: { span: TimeWindow; stretches: readonly TimeWindow[] }) {
  return (
    <svg aria-hidden="true">
      {stretches.map(({ from, to }) => (
        <rect
          key={from}
          x={percent(shareOf(from, span))}
          width={percent(shareOf(to, span) - shareOf(from, span))}
          height="100%"
          fill="url(#bar-incomplete)"
        />
      ))}
    </svg>
  );
}

function SpikeTooltip({ row, spikes }: { row: SpikeRow | null; spikes: readonly SpikeView[] }) {
  if (!row) return null;
  const spike = spikeAt(spikes, row);
  return (
    <ChartTooltip
      of={row}
      rows={
        <>
          <tr>
            <th scope="row">Counted</th>
            <td>{countText(row.calls)}</td>
          </tr>
          <tr>
            <th scope="row">Expected</th>
            <td>{countText(Math.round(row.expected))}</td>
          </tr>
        </>
      }
    >
      {spike && <p className="chart-tooltip-more">{shownText(spike.sentence)}</p>}
      {row.incomplete && <p className="muted">The audit log is not complete here yet.</p>}
    </ChartTooltip>
  );
}
