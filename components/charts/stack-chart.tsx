'use client';

import {
  Bar,
  BarChart,
  CartesianGrid,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { countOf } from '../../lib/shared/counts.ts';
import { countText } from '../../lib/shared/screen-text.ts';
import { axis, countAxis } from './axis.ts';
import { Swatch } from './cause-swatch.tsx';
import { ChartTooltip } from './chart-tooltip.tsx';
import type { StackPart, StackRow } from './model/stack.ts';
import { instantTicks, tickText } from './model/time-ticks.ts';

export interface StackChartProps {
  rows: readonly StackRow[];
  parts: readonly StackPart[];
  /** Instants that are marked by a line. */
  marks?: readonly number[];
}

/** Counts of several kinds over time, as stacked bars. */
export function StackDrawing({ rows, parts, marks = [] }: StackChartProps) {
  const span = { from: rows[0]?.start ?? 0, to: rows.at(-1)?.start ?? 0 };
  const starts = new Set(rows.map(({ start }) => start));
  const ticks = instantTicks(span, 10).filter((at) => starts.has(at));
  const rowAt = new Map(rows.map((row) => [row.start, row]));
  return (
    <ResponsiveContainer width="100%" height="100%" minWidth={0}>
      <BarChart
        data={[...rows]}
        margin={{ top: 14, right: 8, bottom: 0, left: 0 }}
        barCategoryGap="12%"
        accessibilityLayer={false}
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
        <YAxis {...countAxis} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--cursor)' }}
          content={({ active, label }) =>
            active ? <StackTooltip row={rowAt.get(Number(label))} parts={parts} /> : null
          }
        />
        {parts.map(({ id, label, fill }) => (
          <Bar
            key={id}
            stackId="parts"
            name={label}
            dataKey={(row: StackRow) => countOf(row.counts, id)}
            fill={fill}
            isAnimationActive={false}
          />
        ))}
        {marks.map((at) => (
          <ReferenceLine key={at} x={at} stroke="var(--spike)" strokeWidth={1.5} />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}

function StackTooltip({ row, parts }: { row: StackRow | undefined; parts: readonly StackPart[] }) {
  if (!row) return null;
  return (
    <ChartTooltip
      of={row}
      rows={parts.map(({ id, label, fill }) => (
        <tr key={id}>
          <th scope="row">
            <span className="cause-name">
              <Swatch fill={fill} />
              {label}
            </span>
          </th>
          <td>{countText(countOf(row.counts, id))}</td>
        </tr>
      ))}
    />
  );
}
