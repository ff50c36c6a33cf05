'use client';

import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  type MouseHandlerDataParam,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { countText, rangeText } from '../../lib/shared/screen-text.ts';
import type { SpikeView } from '../../lib/shared/spike-view.ts';
import { axis, countAxis, oneCursor, startOf } from './axis.ts';
import { incompleteStretches, type SpikeRow, spikeAt } from './model/spike-series.ts';
import { instantTicks, tickText } from './model/time-ticks.ts';
import { SpikeMark, type SpikeMarkPlace } from './spike-mark.tsx';
import { useDragRange } from './use-drag-range.ts';

/** Above areas and lines, so that a mark can be met with the pointer wherever it is. */
const markZIndex = 500;

export interface SpikeChartProps {
  rows: readonly SpikeRow[];
  spikes: readonly SpikeView[];
  /** Start of the row that is read. */
  active: number | null;
  onPick: (spike: SpikeView) => void;
  /** The first and last row of a dragged range. */
  onRange: (first: number, last: number) => void;
}

/** Counts as steps, never smoothed, the expectation as a line, spikes marked, incomplete stretches hatched. */
export function SpikeDrawing({ rows, spikes, active, onPick, onRange }: SpikeChartProps) {
  const drag = useDragRange(onRange);
  const rowAt = new Map(rows.map((row) => [row.middle, row]));
  const rowUnder = (state: MouseHandlerDataParam): number | null =>
    rowAt.get(startOf(state) ?? Number.NaN)?.start ?? null;
  const [first, last] = [rows[0]?.start ?? 0, rows.at(-1)?.end ?? 1];
  return (
    <ResponsiveContainer width="100%" height="100%" minWidth={0}>
      <ComposedChart
        {...oneCursor}
        data={[...rows]}
        margin={{ top: 14, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
        onMouseDown={(state) => drag.start(rowUnder(state))}
        onMouseMove={(state) => drag.move(rowUnder(state))}
        onMouseUp={() => drag.end()}
        onMouseLeave={() => drag.start(null)}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          {...axis}
          type="number"
          scale="time"
          domain={[first, last]}
          dataKey="middle"
          ticks={instantTicks({ from: first, to: last }, 12)}
          tickFormatter={tickText}
          interval="equidistantPreserveStart"
          minTickGap={18}
        />
        <YAxis {...countAxis} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)' }}
          content={({ active: isActive, label }) =>
            isActive ? <SpikeTooltip row={rowAt.get(Number(label))} spikes={spikes} /> : null
          }
        />
        {spikes.map((spike) => (
          <ReferenceArea
            key={spike.href}
            x1={Math.max(spike.from, first)}
            x2={Math.min(spike.to, last)}
            zIndex={markZIndex}
            shape={(place: SpikeMarkPlace) => (
              <SpikeMark
                {...place}
                onPick={() => {
                  if (!drag.wasDrag()) onPick(spike);
                }}
              />
            )}
          />
        ))}
        <Area
          type="step"
          dataKey="calls"
          stroke="var(--bar-total)"
          strokeWidth={1}
          fill="var(--bar-total)"
          fillOpacity={0.55}
          activeDot={false}
          isAnimationActive={false}
        />
        <Line
          type="linear"
          dataKey="expected"
          stroke="var(--line-expected)"
          strokeWidth={1.5}
          strokeDasharray="5 3"
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
        {incompleteStretches(rows).map(({ from, to }) => (
          <ReferenceArea key={from} x1={from} x2={to} fill="url(#bar-incomplete)" fillOpacity={1} />
        ))}
        {active !== null && <ReferenceLine x={active} stroke="var(--ink)" strokeDasharray="2 3" />}
        {drag.range && (
          <ReferenceArea
            x1={drag.range[0]}
            x2={drag.range[1]}
            fill="var(--selection)"
            fillOpacity={1}
          />
        )}
      </ComposedChart>
    </ResponsiveContainer>
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
