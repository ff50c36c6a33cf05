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
import { countText, instantText } from '../../lib/shared/screen-text.ts';
import { axis, countAxis, oneCursor } from './axis.ts';
import { instantTicks, tickText } from './model/time-ticks.ts';

const hourMs = 3_600_000;

export interface KeyChartProps {
  hours: readonly { at: number; granted: number; refused: number }[];
  /** What changed the key: a line each. */
  marks: readonly { eventId: string; at: number; label: string; takes: boolean }[];
}

/** A key's requests by hour, granted and refused, with a line at each change of the key. */
export function KeyDrawing({ hours, marks }: KeyChartProps) {
  const first = Math.min(...hours.map(({ at }) => at), ...marks.map(({ at }) => at));
  const last = Math.max(...hours.map(({ at }) => at + hourMs), ...marks.map(({ at }) => at));
  const byHour = new Map(hours.map((hour) => [hour.at, hour]));
  const rows: { at: number; granted: number; refused: number }[] = [];
  for (let at = Math.floor(first / hourMs) * hourMs; at < last; at += hourMs)
    rows.push(byHour.get(at) ?? { at, granted: 0, refused: 0 });
  return (
    <ResponsiveContainer width="100%" height="100%" minWidth={0}>
      <BarChart
        {...oneCursor}
        data={rows}
        margin={{ top: 14, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
        barCategoryGap={0}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          {...axis}
          type="number"
          scale="time"
          domain={[first, last]}
          dataKey="at"
          ticks={instantTicks({ from: first, to: last }, 10)}
          tickFormatter={tickText}
          interval="equidistantPreserveStart"
          minTickGap={18}
        />
        <YAxis {...countAxis} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)' }}
          content={({ active, payload }) => {
            const row: (typeof rows)[number] | undefined = payload?.[0]?.payload;
            return active && row ? (
              <p className="chart-tooltip">
                {`${instantText(row.at)}: ${countText(row.granted)} granted, ${countText(row.refused)} refused`}
              </p>
            ) : null;
          }}
        />
        <Bar
          dataKey="granted"
          stackId="requests"
          fill="var(--bar-total)"
          isAnimationActive={false}
        />
        <Bar dataKey="refused" stackId="requests" fill="var(--bad)" isAnimationActive={false} />
        {marks.map(({ eventId, at, takes }) => (
          <ReferenceLine
            key={eventId}
            x={at}
            stroke={takes ? 'var(--bad)' : 'var(--spike)'}
            strokeWidth={2}
            {...(!takes && { strokeDasharray: '4 3' })}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}
