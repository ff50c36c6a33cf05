'use client';

import {
  Bar,
  BarChart,
  type BarShapeProps,
  CartesianGrid,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { EchoOrigin } from '../../lib/shared/spike-view.ts';
import { axis, countAxis, oneCursor } from './axis.ts';
import { causePaint } from './cause-style.ts';
import { stepText, type TimelineStep } from './model/echo-timeline.ts';
import { instantTicks, tickText } from './model/time-ticks.ts';

const minuteMs = 60_000;

export interface TimelineChartProps {
  steps: readonly TimelineStep[];
  echo: EchoOrigin;
}

/** A bar a generation, as the cause that it has; what has not come yet is pale and hatched. */
function StepShape({ x, y, width, height, fill, isAhead }: BarShapeProps & { isAhead: boolean }) {
  const place = { x, y, width, height };
  return (
    <g>
      <rect {...place} fill={fill} opacity={isAhead ? 0.35 : 1} />
      {isAhead && <rect {...place} fill="url(#bar-incomplete)" />}
    </g>
  );
}

/** An echo's generations by time; the line is at the one that the page is about. */
export function TimelineDrawing({ steps, echo }: TimelineChartProps) {
  const first = steps[0]?.from ?? 0;
  const last = steps.at(-1)?.from ?? 1;
  const room = Math.max((last - first) * 0.04, 5 * minuteMs);
  const x = { from: first - room, to: last + room };
  const at = steps.find(({ generation }) => generation === echo.generation)?.from;
  return (
    <ResponsiveContainer width="100%" height="100%" minWidth={0}>
      <BarChart
        {...oneCursor}
        data={[...steps]}
        margin={{ top: 14, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          {...axis}
          type="number"
          scale="time"
          domain={[x.from, x.to]}
          dataKey="from"
          ticks={instantTicks(x, 10)}
          tickFormatter={tickText}
          interval="equidistantPreserveStart"
          minTickGap={18}
        />
        <YAxis {...countAxis} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)' }}
          content={({ active, payload }) => {
            const step: TimelineStep | undefined = payload?.[0]?.payload;
            return active && step ? <p className="chart-tooltip">{stepText(step)}</p> : null;
          }}
        />
        <Bar
          dataKey="calls"
          barSize={14}
          isAnimationActive={false}
          shape={(shape: BarShapeProps) => {
            const step = steps[shape.index];
            const cause = step?.generation === 0 ? echo.cause : 'load.expired';
            const { fill } = causePaint(cause);
            return <StepShape {...shape} fill={fill} isAhead={step?.state === 'ahead'} />;
          }}
        />
        {at !== undefined && <ReferenceLine x={at} stroke="var(--spike)" strokeWidth={2} />}
      </BarChart>
    </ResponsiveContainer>
  );
}
