'use client';

import {
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { causeLabel } from '../../lib/shared/causes.ts';
import { countOf } from '../../lib/shared/counts.ts';
import { axis, countAxis, oneCursor, startOf } from './axis.ts';
import { causePaint } from './cause-style.ts';
import { CauseTooltip } from './cause-tooltip.tsx';
import type { CauseRow, CauseSeries } from './model/cause-series.ts';
import { tickText, timeTicks } from './model/time-ticks.ts';
import { SpikeMark } from './spike-mark.tsx';
import { useDragRange } from './use-drag-range.ts';

/** What the line over the bars tells, and whether it has an axis of its own. */
export interface ChartLine {
  label: string;
  axis: 'own' | 'counts';
  /** Null where it is not known: nothing is drawn then. */
  of: (row: CauseRow) => number | null;
}

export interface CauseChartProps {
  series: CauseSeries;
  line: ChartLine;
  /** The first and last bucket of what the chart is about. */
  marked?: readonly [number, number];
  /** Start of the bucket that is inspected. */
  active: number | null;
  onPick: (row: CauseRow, cause: string) => void;
  /** The first and last bucket of a dragged range. */
  onRange: (first: number, last: number) => void;
}

/** Requests by cause as stacked bars, never smoothed, with a line over them. */
export function CauseDrawing({ series, line, marked, active, onPick, onRange }: CauseChartProps) {
  const drag = useDragRange(onRange);
  const ticks = timeTicks(
    series.rows.map(({ start }) => start),
    12,
  );
  const rowAt = new Map(series.rows.map((row) => [row.start, row]));
  return (
    <ResponsiveContainer width="100%" height="100%" minWidth={0}>
      <ComposedChart
        {...oneCursor}
        data={series.rows}
        margin={{ top: 14, right: line.axis === 'own' ? 0 : 8, bottom: 0, left: 0 }}
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
        <YAxis {...countAxis} />
        {line.axis === 'own' && <YAxis {...countAxis} yAxisId="line" orientation="right" />}
        <YAxis yAxisId="hatch" hide domain={[0, 1]} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--cursor)' }}
          content={({ active: isActive, label: at }) =>
            isActive ? <CauseTooltip row={rowAt.get(Number(at))} line={line} /> : null
          }
        />
        {marked && <ReferenceArea x1={marked[0]} x2={marked[1]} shape={SpikeMark} />}
        {series.causes.map((cause) => (
          <Bar
            key={cause}
            stackId="causes"
            name={causeLabel(cause)}
            dataKey={(row: CauseRow) => countOf(row.causes, cause)}
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
          yAxisId={line.axis === 'own' ? 'line' : 0}
          dataKey={line.of}
          name={line.label}
          type="step"
          stroke={line.axis === 'own' ? 'var(--line-messages)' : 'var(--line-expected)'}
          strokeWidth={1.5}
          strokeDasharray={line.axis === 'own' ? '' : '5 3'}
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
        {active !== null && <ReferenceLine x={active} stroke="var(--ink)" strokeDasharray="2 3" />}
        {drag.range && (
          <ReferenceArea x1={drag.range[0]} x2={drag.range[1]} fill="var(--selection)" />
        )}
      </ComposedChart>
    </ResponsiveContainer>
  );
}
