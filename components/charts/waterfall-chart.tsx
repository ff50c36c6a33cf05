'use client';

import { Bar, BarChart, type BarShapeProps, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import { logSpan, rowHeight, type WaterfallBar } from './model/waterfall.ts';

const fills = { total: 'url(#bar-total)', less: 'url(#bar-less)', more: 'url(#bar-more)' };

/** A bar, and the thread on which the next one hangs. */
function StepShape({ bars, shape }: { bars: readonly WaterfallBar[]; shape: BarShapeProps }) {
  const { x, y, width, height, index } = shape;
  const bar = bars[index];
  if (!bar) return null;
  const end = bar.role === 'less' ? x : x + width;
  return (
    <g>
      <rect
        x={x}
        y={y}
        width={Math.max(width, bar.step.value === 0 ? 0 : 2)}
        height={height}
        rx={2}
        fill={fills[bar.role]}
      />
      {index < bars.length - 1 && (
        <line x1={end} x2={end} y1={y + height} y2={y + rowHeight} className="chart-thread" />
      )}
    </g>
  );
}

export interface WaterfallChartProps {
  bars: readonly WaterfallBar[];
  scale: 'linear' | 'log';
}

export function WaterfallDrawing({ bars, scale }: WaterfallChartProps) {
  const isLog = scale === 'log';
  const height = bars.length * rowHeight;
  const data = bars.map((bar) => ({ id: bar.id, span: isLog ? logSpan(bar.span) : bar.span }));
  return (
    // Told, not measured: a measured height is that of the rows before.
    <ResponsiveContainer width="100%" height={height} minWidth={0}>
      <BarChart
        data={data}
        layout="vertical"
        margin={{ top: 0, right: 4, bottom: 0, left: 1 }}
        barCategoryGap={11}
        accessibilityLayer={false}
      >
        <XAxis
          type="number"
          hide
          scale={isLog ? 'log' : 'linear'}
          domain={[isLog ? 0.5 : 0, 'dataMax']}
        />
        <YAxis type="category" dataKey="id" hide />
        <Bar
          dataKey="span"
          isAnimationActive={false}
          shape={(shape: BarShapeProps) => <StepShape bars={bars} shape={shape} />}
        />
      </BarChart>
    </ResponsiveContainer>
  );
}
