import { percent } from './model/plot.ts';
import { barPlace, type WaterfallBar, waterfallSummary } from './model/waterfall.ts';

/** Bars meet the rows of the table beside them, so both keep this height. */
export const rowHeight = 40;
const barHeight = 18;
const barTop = (rowHeight - barHeight) / 2;

const fills = { total: 'url(#bar-total)', less: 'url(#bar-less)', more: 'url(#bar-more)' };

/** A bar a step, and the threads on which the next ones hang. */
export function WaterfallChart({
  title,
  bars,
  scale,
}: {
  title: string;
  bars: readonly WaterfallBar[];
  scale: 'linear' | 'log';
}) {
  const top = Math.max(1, ...bars.map(({ span: [, high] }) => high));
  return (
    <svg
      className="waterfall-chart"
      role="img"
      aria-label={`${title}: ${waterfallSummary(bars)}`}
      width="100%"
      height={bars.length * rowHeight}
    >
      {bars.map((bar, index) => {
        const { x, width, end } = barPlace(bar, { top, isLog: scale === 'log' });
        const y = index * rowHeight + barTop;
        const visible = bar.step.value === 0 ? percent(width) : `max(2px, ${percent(width)})`;
        return (
          <g key={bar.id}>
            <rect
              x={percent(x)}
              y={y}
              style={{ width: visible }}
              height={barHeight}
              rx={2}
              fill={fills[bar.role]}
            />
            {index < bars.length - 1 && (
              <line
                x1={percent(end)}
                x2={percent(end)}
                y1={y + barHeight}
                y2={y + rowHeight}
                className="chart-thread"
              />
            )}
          </g>
        );
      })}
    </svg>
  );
}
