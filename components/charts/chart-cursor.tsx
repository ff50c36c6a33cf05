'use client';

import { useId } from 'react';
import { rangeText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import './chart.css';

const moves = /^(Arrow|Page|Home|End)/;
const movesOn = /^(ArrowRight|ArrowUp|PageUp|End)$/;

/**
 * A chart's one tab stop: arrows move through its points, Esc lets go, and the point is read out below. With Shift the
 * arrows select, where the chart takes a selection; Enter ends that.
 */
export function ChartCursor({
  label,
  count,
  index,
  text,
  twoAxes = false,
  onMove,
  select,
  children,
}: {
  label: string;
  count: number;
  /** The point that is read; null for none. */
  index: number | null;
  /** The point in words. */
  text: string;
  /** Whether the chart has an axis on its right, too. */
  twoAxes?: boolean;
  onMove: (index: number | null) => void;
  select?: { range: TimeWindow | null; begin(index: number): void; end(): void };
  children: React.ReactNode;
}) {
  const id = useId();
  const at = index ?? count - 1;
  const range = select?.range ?? null;
  const selected = range && `Selected: ${rangeText(range)}`;
  return (
    <div className={twoAxes ? 'chart-cursor has-two-axes' : 'chart-cursor'}>
      <label htmlFor={id} className="visually-hidden">
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={Math.max(0, count - 1)}
        value={at}
        aria-valuetext={selected ? `${text}. ${selected}` : text}
        onChange={(event) => onMove(Number(event.target.value))}
        onKeyDown={(event) => {
          if (event.shiftKey && moves.test(event.key)) select?.begin(at);
          // The newest point is where it stands before one is chosen: no step on changes that.
          const isStill = count === 1 ? moves.test(event.key) : movesOn.test(event.key);
          if (index === null && isStill) onMove(at);
          if (event.key === 'Enter') select?.end();
          if (event.key !== 'Escape' || index === null || range !== null) return;
          // It lets go of the point; only the next Esc is the page's.
          event.preventDefault();
          onMove(null);
        }}
      />
      {selected ? (
        <p className="chart-readout">
          <strong>{selected}</strong>
          <span className="muted">Enter zooms in, Esc lets go.</span>
        </p>
      ) : (
        children
      )}
    </div>
  );
}
