'use client';

import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import { spanText } from '../../lib/shared/screen-text.ts';
import { axis, countAxis } from './axis.ts';
import { decimalText } from './model/figure-text.ts';
import { spectrumTicks } from './model/spectrum.ts';

export interface SpectrumChartProps {
  spectrum: PatternView['spectrum'];
  foundMs: number | null;
  theoryMs: number | null;
  /** The period that is read. */
  active: number | null;
}

/** How strongly load cohorts repeat at each period tried. */
export function SpectrumDrawing({ spectrum, foundMs, theoryMs, active }: SpectrumChartProps) {
  return (
    <ResponsiveContainer width="100%" height="100%" minWidth={0}>
      <LineChart
        data={[...spectrum]}
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          {...axis}
          type="number"
          dataKey="periodMs"
          domain={['dataMin', 'dataMax']}
          ticks={spectrumTicks(spectrum)}
          tickFormatter={spanText}
          minTickGap={10}
        />
        <YAxis {...countAxis} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)' }}
          content={({ active: isActive, payload }) => {
            const point: PatternView['spectrum'][number] | undefined = payload?.[0]?.payload;
            return isActive && point ? (
              <p className="chart-tooltip">
                {spanText(point.periodMs)}: z {decimalText(point.z)}
              </p>
            ) : null;
          }}
        />
        {foundMs !== null && (
          <ReferenceLine x={foundMs} stroke="var(--line-echo)" strokeWidth={2} />
        )}
        {theoryMs !== null && (
          <ReferenceLine
            x={theoryMs}
            stroke="var(--ink)"
            strokeDasharray="4 3"
            ifOverflow="extendDomain"
          />
        )}
        {active !== null && <ReferenceLine x={active} stroke="var(--ink)" strokeDasharray="2 3" />}
        <Line
          type="linear"
          dataKey="z"
          stroke="var(--bar-less)"
          strokeWidth={1.5}
          dot={false}
          isAnimationActive={false}
        />
      </LineChart>
    </ResponsiveContainer>
  );
}
