import { ChartFigure } from '../export/save-chart.tsx';
import { percent } from './model/plot.ts';
import {
  rowHeight,
  type WaterfallBar,
  waterfallPlaces,
  waterfallSummary,
} from './model/waterfall.ts';
import './chart.css';

const fills = { total: 'url(#bar-total)', less: 'url(#bar-less)', more: 'url(#bar-more)' };
const gapPx = 11;

/** A bar for each row of the table beside it, and the thread on which the next one hangs. */
export function WaterfallChart({
  title,
  bars,
  scale,
}: {
  title: string;
  bars: readonly WaterfallBar[];
  scale: 'linear' | 'log';
}) {
  const words = `${title}: ${waterfallSummary(bars)}`;
  return (
    <ChartFigure words={words}>
      <svg
        className="waterfall-chart"
        role="img"
        aria-label={words}
        height={bars.length * rowHeight}
      >
        {waterfallPlaces(bars, scale).map(({ bar, from, to, end }, index) => {
          const y = index * rowHeight + gapPx;
          const height = rowHeight - 2 * gapPx;
          return (
            <g key={bar.id}>
              <rect
                x={percent(from)}
                // However small it is, it is seen.
                style={{ width: bar.step.value === 0 ? 0 : `max(2px, ${percent(to - from)})` }}
                y={y}
                height={height}
                rx={2}
                fill={fills[bar.role]}
              />
              {index < bars.length - 1 && (
                <line
                  x1={percent(end)}
                  x2={percent(end)}
                  y1={y + height}
                  y2={y + rowHeight}
                  className="chart-thread"
                />
              )}
            </g>
          );
        })}
      </svg>
    </ChartFigure>
  );
}
