'use client';

import { compactText } from '../../lib/shared/screen-text.ts';
import {
  countTicks,
  type LinePoint,
  linePath,
  percent,
  placeIn,
  type Range,
  shareIn,
} from './model/plot.ts';
import type { DragRange } from './use-drag-range.ts';
import './chart.css';

export interface PlotAxis extends Range {
  ticks: readonly number[];
  text: (value: number) => string;
}

/** Axes, grid and pointer of a chart; what is in it is drawn by its children, in shares of the plot. */
export function Plot({
  label,
  x,
  most,
  rightMost,
  at,
  onAt,
  drag,
  bucketOf,
  tooltip,
  className = '',
  children,
}: {
  /** The chart in words. */
  label: string;
  x: PlotAxis;
  /** The largest count on the left, and on the right where that has an axis. */
  most: number;
  rightMost?: number | undefined;
  /** Where the pointer is, in values of x. */
  at: number | null;
  onAt: (at: number | null) => void;
  drag?: DragRange;
  /** What of a place can be dragged from and to. */
  bucketOf?: (at: number) => number | null;
  tooltip: (at: number) => React.ReactNode;
  className?: string;
  children: React.ReactNode;
}) {
  const counts = countTicks(most);
  const top = counts.at(-1) ?? 1;
  const right = rightMost === undefined ? [] : countTicks(rightMost);
  const valueAt = ({ currentTarget, clientX }: React.PointerEvent): number => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const share = Math.min(Math.max((clientX - left) / Math.max(width, 1), 0), 0.99999);
    return x.from + share * (x.to - x.from);
  };
  const shown = at !== null && at >= x.from && at <= x.to ? at : null;
  return (
    <div className={`time-chart ${className}`} role="img" aria-label={label}>
      <div className={right.length > 0 ? 'plot has-two-axes' : 'plot'}>
        <Counts className="plot-counts" ticks={counts} />
        {right.length > 0 && <Counts className="plot-counts is-right" ticks={right} />}
        <div className="plot-times">
          {x.ticks.map((tick) => (
            <span key={tick} className="plot-mark" style={{ left: percent(shareIn(tick, x)) }}>
              {x.text(tick)}
            </span>
          ))}
        </div>
        <div className="plot-area">
          <svg
            width="100%"
            height="100%"
            aria-hidden="true"
            onPointerDown={(event) => drag?.start(bucketOf?.(valueAt(event)) ?? null)}
            onPointerMove={(event) => {
              const value = valueAt(event);
              onAt(value);
              drag?.move(bucketOf?.(value) ?? null);
            }}
            onPointerUp={() => drag?.end()}
            onPointerLeave={() => {
              onAt(null);
              drag?.start(null);
            }}
          >
            {counts.map((tick) => (
              <Across key={tick} share={1 - tick / top} />
            ))}
            {shown !== null && <Upright share={shareIn(shown, x)} />}
            {children}
          </svg>
          {shown !== null && (
            <div
              className={shareIn(shown, x) > 0.5 ? 'plot-tooltip is-left' : 'plot-tooltip'}
              style={{ left: percent(shareIn(shown, x)) }}
            >
              {tooltip(shown)}
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

/** The top of the axis that holds the most. */
export const plotTop = (most: number): number => countTicks(most).at(-1) ?? 1;

function Counts({ className, ticks }: { className: string; ticks: readonly number[] }) {
  const top = ticks.at(-1) ?? 1;
  return (
    <div className={className}>
      {ticks.map((tick) => (
        <span key={tick} className="plot-mark" style={{ bottom: percent(tick / top) }}>
          {compactText(tick)}
        </span>
      ))}
    </div>
  );
}

function Across({ share }: { share: number }) {
  return <line x1="0" x2="100%" y1={percent(share)} y2={percent(share)} stroke="var(--line)" />;
}

/** A line at one place of x. */
export function Upright({
  share,
  stroke = 'var(--line-strong)',
  dashes = '',
  width = 1,
}: {
  share: number;
  stroke?: string;
  dashes?: string;
  width?: number;
}) {
  const x = percent(share);
  return (
    <line
      x1={x}
      x2={x}
      y1="0"
      y2="100%"
      stroke={stroke}
      strokeWidth={width}
      strokeDasharray={dashes}
      pointerEvents="none"
    />
  );
}

/** A stretch of x over the plot's whole height. */
export function Band({ of, x, fill }: { of: Range; x: Range; fill: string }) {
  const place = placeIn(of, x);
  return (
    place && (
      <rect
        x={percent(place.x)}
        width={percent(place.width)}
        y="0"
        height="100%"
        fill={fill}
        pointerEvents="none"
      />
    )
  );
}

/** A line whose width does not grow with the plot; filled down to zero where `fill` is given. */
export function PlotLine({
  points,
  x,
  top,
  stroke,
  width = 1.5,
  dashes = '',
  fill,
}: {
  points: readonly LinePoint[];
  x: Range;
  top: number;
  stroke: string;
  width?: number;
  dashes?: string;
  fill?: string;
}) {
  const path = linePath(points, x, top);
  return (
    <svg
      width="100%"
      height="100%"
      viewBox="0 0 1 1"
      preserveAspectRatio="none"
      overflow="hidden"
      pointerEvents="none"
      aria-hidden="true"
    >
      {fill && path !== '' && (
        <path d={`${path}V1H${shareIn(points[0]?.from ?? 0, x)}Z`} fill={fill} fillOpacity={0.55} />
      )}
      <path
        d={path}
        fill="none"
        stroke={stroke}
        strokeWidth={width}
        strokeDasharray={dashes}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
