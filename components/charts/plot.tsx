'use client';

/**
 * Charts are SVG which the server draws too, each with a sentence that says the same. Only spectrum-chart.tsx and
 * stack-chart.tsx take a library for it, loaded once one scrolls to them.
 */
import { useRef, useState } from 'react';
import { compactText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { ChartFigure } from '../export/save-chart.tsx';
import { type OnRange, pointTo, selectFrom, useStops } from './cursor.ts';
import { countTicks, cutStops, percent, shareOf, stopAt } from './model/plot.ts';
import { instantTicks, ticksKept, tickText } from './model/time-ticks.ts';
import './chart.css';

const ticksMax = 12;
/** From here on a time would stick out at the right. */
const edgeShare = 0.97;
/** How far beside a narrow mark the pointer still meets it. */
const slackPx = 7;

export interface PlotPoint {
  at: number;
  /** On the left axis. */
  value: number;
  slackMs: number;
}

interface PlotProps {
  words: string;
  span: TimeWindow;
  /** Most of what is counted on each axis. */
  most: number;
  mostRight?: number | null;
  /** What the cursor goes by. */
  stops: readonly TimeWindow[];
  /** The window, where stops at its edges reach beyond it. */
  within?: TimeWindow | undefined;
  tooltip: (stop: TimeWindow) => React.ReactNode;
  onPick?: (point: PlotPoint) => void;
  /** Given the stops that were selected. */
  onRange?: OnRange;
  className?: string;
  /** Given the tops of both axes, what is drawn. */
  children: (top: number, topRight: number) => React.ReactNode;
}

/** A time axis, one or two count axes, and what all time charts have: one cursor, a range by dragging, a tooltip. */
export function Plot({ span, stops, className = '', onRange, onPick, ...props }: PlotProps) {
  const left = countTicks(props.most);
  const right = props.mostRight == null ? [] : countTicks(props.mostRight);
  const [top, topRight] = [left.at(-1) ?? 1, right.at(-1) ?? 1];
  const { stop, range, endSelection } = useStops(stops, onRange);
  const pressedAt = useRef<number | null>(null);
  const wasDragged = useRef(false);
  const [isOver, setIsOver] = useState(false);
  const pointOf = (event: React.MouseEvent): PlotPoint => {
    const box = event.currentTarget.getBoundingClientRect();
    const spanMs = span.to - span.from;
    return {
      at: span.from + ((event.clientX - box.left) / box.width) * spanMs,
      value: (1 - (event.clientY - box.top) / box.height) * top,
      slackMs: (slackPx / box.width) * spanMs,
    };
  };
  const onMove = (event: React.PointerEvent) => {
    const { at } = pointOf(event);
    setIsOver(true);
    pointTo(at);
    const from = event.buttons === 1 ? pressedAt.current : null;
    // One press begins one selection: that which Esc drops is not begun again.
    if (!onRange || from === null || wasDragged.current) return;
    if (stopAt(stops, from) === stopAt(stops, at)) return;
    wasDragged.current = true;
    event.currentTarget.setPointerCapture(event.pointerId);
    selectFrom(from);
  };
  return (
    <ChartFigure words={props.words}>
      <div
        className={`plot ${right.length > 0 ? 'has-two-axes' : ''} ${className}`}
        role="img"
        aria-label={props.words}
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the slider below has the same by key */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: what is read below has the same as links */}
        <div
          className="plot-area"
          onPointerDown={(event) => {
            selectFrom(null);
            wasDragged.current = false;
            pressedAt.current = event.pointerType === 'mouse' ? pointOf(event).at : null;
          }}
          onPointerMove={onMove}
          onPointerUp={() => {
            if (wasDragged.current) endSelection();
          }}
          onPointerCancel={() => selectFrom(null)}
          onPointerLeave={() => setIsOver(false)}
          onClick={(event) => {
            // A finger reads a bucket first; what is read below leads on.
            const { nativeEvent: native } = event;
            const isTouch = native instanceof PointerEvent && native.pointerType === 'touch';
            if (!isTouch && !wasDragged.current) onPick?.(pointOf(event));
          }}
        >
          {left.map((tick) => (
            <span key={tick} className="plot-rule" style={{ bottom: percent(tick / top) }} />
          ))}
          <Counts ticks={left} side="left" />
          <Counts ticks={right} side="right" />
          <Times span={span} />
          {props.children(top, topRight)}
          {(props.within ? cutStops(stops, props.within) : []).map((cut) => (
            <Marked key={cut.from} span={span} of={cut} className="plot-cut" />
          ))}
          {stop && <Marked span={span} of={stop} className="plot-cursor" />}
          {range && <Marked span={span} of={range} className="plot-selection" />}
          {isOver && stop && (
            <div className="plot-tooltip" style={besides(shareOf(stop.from, span))}>
              {props.tooltip(stop)}
            </div>
          )}
        </div>
      </div>
    </ChartFigure>
  );
}

/** On the side that has more room. */
const besides = (share: number): React.CSSProperties =>
  share < 0.5
    ? { left: `calc(${percent(share)} + 16px)` }
    : { right: `calc(${percent(1 - share)} + 16px)` };

/** A stretch of time over the whole height. */
export function Marked({
  span,
  of,
  className,
}: {
  span: TimeWindow;
  of: TimeWindow;
  className: string;
}) {
  const [left, right] = [Math.max(0, shareOf(of.from, span)), Math.min(1, shareOf(of.to, span))];
  if (right < 0 || left > 1) return null;
  return (
    <span className={className} style={{ left: percent(left), width: percent(right - left) }} />
  );
}

function Counts({ ticks, side }: { ticks: readonly number[]; side: 'left' | 'right' }) {
  const top = ticks.at(-1) ?? 1;
  return ticks.map((tick) => (
    <span key={tick} className={`plot-count is-${side}`} style={{ bottom: percent(tick / top) }}>
      {compactText(tick)}
    </span>
  ));
}

function Times({ span }: { span: TimeWindow }) {
  const ticks = instantTicks(span, ticksMax);
  const kept = ticksKept(ticks);
  return ticks.map((tick, index) => {
    const share = shareOf(tick, span);
    const classes = ['plot-time', !kept[index] && 'is-second', share > edgeShare && 'is-last'];
    return (
      <span
        key={tick}
        className={classes.filter(Boolean).join(' ')}
        style={{ left: percent(share) }}
      >
        {tickText(tick)}
      </span>
    );
  });
}

/** A drawing stretched to the plot, its units minutes and counts. */
export function Stretched({
  span,
  top,
  children,
}: {
  span: TimeWindow;
  top: number;
  children: React.ReactNode;
}) {
  return (
    <svg
      viewBox={`0 0 ${Math.max(1, (span.to - span.from) / 60_000)} ${top}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}
