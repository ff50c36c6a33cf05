'use client';

import {
  Bar,
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
import { causeLabel } from '../../lib/shared/causes.ts';
import { compactText, instantText } from '../../lib/shared/screen-text.ts';
import { causePaint } from './cause-style.ts';
import { CauseTooltip } from './cause-tooltip.tsx';
import { type CauseRow, type CauseSeries, causeSummary } from './model/cause-series.ts';
import { tickText, timeTicks } from './model/time-ticks.ts';
import { useDragRange } from './use-drag-range.ts';

const startOf = ({ activeLabel }: MouseHandlerDataParam): number | null =>
  activeLabel === undefined || activeLabel === '' ? null : Number(activeLabel);

const axis = {
  tick: { fill: 'var(--muted)', fontSize: 11 },
  tickLine: false,
  axisLine: { stroke: 'var(--line-strong)' },
} as const;

/** Requests by cause as stacked bars, never smoothed, with messages as a line on its own axis. */
export function CauseChart({
  series,
  active,
  onPick,
  onRange,
}: {
  series: CauseSeries;
  /** Start of the bucket that is inspected. */
  active: number | null;
  onPick: (row: CauseRow, cause: string) => void;
  /** The first and last bucket of a dragged range. */
  onRange: (first: number, last: number) => void;
}) {
  const drag = useDragRange(onRange);
  const ticks = timeTicks(
    series.rows.map(({ start }) => start),
    12,
  );
  const rowAt = new Map(series.rows.map((row) => [row.start, row]));
  return (
    <div
      className="cause-chart"
      role="img"
      aria-label={`KMS requests by cause over time: ${causeSummary(series, instantText)}`}
    >
      <ResponsiveContainer width="100%" height="100%" minWidth={0}>
        <ComposedChart
          data={series.rows}
          margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
          barCategoryGap="12%"
          accessibilityLayer={false}
          onMouseDown={(state) => drag.start(startOf(state))}
          onMouseMove={(state) => drag.move(startOf(state))}
          onMouseUp={() => drag.end()}
          onMouseLeave={() => drag.start(null)}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            {...axis}
            dataKey="start"
            ticks={ticks}
            tickFormatter={tickText}
            interval="equidistantPreserveStart"
            minTickGap={18}
          />
          <XAxis xAxisId="hatch" dataKey="start" hide />
          <YAxis
            {...axis}
            axisLine={false}
            width={44}
            allowDecimals={false}
            tickFormatter={compactText}
          />
          <YAxis
            {...axis}
            axisLine={false}
            yAxisId="messages"
            orientation="right"
            width={44}
            allowDecimals={false}
            tickFormatter={compactText}
          />
          <YAxis yAxisId="hatch" hide domain={[0, 1]} />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: 'var(--cursor)' }}
            content={({ active: isActive, label }) =>
              isActive ? <CauseTooltip row={rowAt.get(Number(label))} /> : null
            }
          />
          {series.causes.map((cause) => (
            <Bar
              key={cause}
              stackId="causes"
              name={causeLabel(cause)}
              dataKey={(row: CauseRow) => row.causes[cause] ?? 0}
              fill={causePaint(cause).fill}
              isAnimationActive={false}
              cursor="pointer"
              onClick={({ payload }: { payload?: CauseRow }) => {
                if (payload && !drag.wasDrag()) onPick(payload, cause);
              }}
            />
          ))}
          <Bar
            xAxisId="hatch"
            yAxisId="hatch"
            dataKey="hatch"
            fill="url(#bar-incomplete)"
            style={{ pointerEvents: 'none' }}
            isAnimationActive={false}
          />
          <Line
            yAxisId="messages"
            dataKey="messages"
            name="Messages"
            type="step"
            stroke="var(--line-messages)"
            strokeWidth={1.5}
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
          {active !== null && (
            <ReferenceLine x={active} stroke="var(--ink)" strokeDasharray="2 3" />
          )}
          {drag.range && (
            <ReferenceArea x1={drag.range[0]} x2={drag.range[1]} fill="var(--selection)" />
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}
