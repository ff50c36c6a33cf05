'use client';

import { countText, instantText, rangeText } from '../../lib/shared/screen-text.ts';
import type { SpikeView } from '../../lib/shared/spike-view.ts';
import { shareIn } from './model/plot.ts';
import { incompleteStretches, type SpikeRow, spikeAt, spikeSummary } from './model/spike-series.ts';
import { instantTicks, tickText } from './model/time-ticks.ts';
import { Band, Plot, PlotLine, plotTop, Upright } from './plot.tsx';
import { SpikeMark } from './spike-mark.tsx';
import { useDragRange } from './use-drag-range.ts';
import { useSharedCursor } from './use-shared-cursor.ts';

/** Counts as steps, never smoothed, the expectation as a line, spikes marked, incomplete stretches hatched. */
export function SpikeChart({
  rows,
  spikes,
  noun,
  active,
  onPick,
  onRange,
}: {
  rows: readonly SpikeRow[];
  spikes: readonly SpikeView[];
  /** What is counted. */
  noun: string;
  /** Start of the row that is read. */
  active: number | null;
  onPick: (spike: SpikeView) => void;
  /** The first and last row of a dragged range. */
  onRange: (first: number, last: number) => void;
}) {
  const drag = useDragRange(onRange);
  const [at, setAt] = useSharedCursor();
  const x = { from: rows[0]?.start ?? 0, to: rows.at(-1)?.end ?? 1 };
  const rowUnder = (place: number) => rows.find(({ start, end }) => start <= place && place < end);
  const most = Math.max(0, ...rows.map(({ calls, expected }) => Math.max(calls, expected)));
  const top = plotTop(most);
  const summary = spikeSummary(rows, { spikes: spikes.length, noun, atText: instantText });
  const read = rows.find(({ start }) => start === active);
  const dragged = drag.range && { from: drag.range[0], to: rowUnder(drag.range[1])?.end ?? 0 };
  return (
    <Plot
      label={`${noun} over time: ${summary}`}
      x={{ ...x, ticks: instantTicks(x, 12), text: tickText }}
      most={most}
      at={at}
      onAt={setAt}
      drag={drag}
      bucketOf={(place) => rowUnder(place)?.start ?? null}
      tooltip={(place) => <SpikeTooltip row={rowUnder(place)} spikes={spikes} />}
    >
      <PlotLine
        points={rows.map(({ start, end, calls }) => ({ from: start, to: end, value: calls }))}
        x={x}
        top={top}
        stroke="var(--bar-total)"
        width={1}
        fill="var(--bar-total)"
      />
      <PlotLine
        points={rows.map(({ middle, expected }) => ({ from: middle, to: middle, value: expected }))}
        x={x}
        top={top}
        stroke="var(--line-expected)"
        dashes="5 3"
      />
      {incompleteStretches(rows).map((stretch) => (
        <Band key={stretch.from} of={stretch} x={x} fill="url(#bar-incomplete)" />
      ))}
      {read && <Upright share={shareIn(read.middle, x)} stroke="var(--ink)" dashes="2 3" />}
      {dragged && <Band of={dragged} x={x} fill="var(--selection)" />}
      {spikes.map((spike) => (
        <SpikeMark
          key={spike.href}
          of={spike}
          x={x}
          onPick={() => {
            if (!drag.wasDrag()) onPick(spike);
          }}
        />
      ))}
    </Plot>
  );
}

function SpikeTooltip({
  row,
  spikes,
}: {
  row: SpikeRow | undefined;
  spikes: readonly SpikeView[];
}) {
  if (!row) return null;
  const spike = spikeAt(spikes, row);
  return (
    <div className="chart-tooltip">
      <p className="chart-tooltip-title">{rangeText({ from: row.start, to: row.end })}</p>
      <table>
        <tbody>
          <tr>
            <th scope="row">Counted</th>
            <td>{countText(row.calls)}</td>
          </tr>
          <tr>
            <th scope="row">Expected</th>
            <td>{countText(Math.round(row.expected))}</td>
          </tr>
        </tbody>
      </table>
      {spike && <p className="chart-tooltip-more">{spike.sentence}</p>}
      {row.incomplete && <p className="muted">The audit log is not complete here yet.</p>}
    </div>
  );
}
