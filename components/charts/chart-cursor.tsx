'use client';

import { useId } from 'react';
import './chart.css';

/** A chart's one tab stop: arrows move through its points, Esc lets go, and the point is read out below. */
export function ChartCursor({
  label,
  count,
  index,
  text,
  twoAxes = false,
  onMove,
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
  children: React.ReactNode;
}) {
  const id = useId();
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
        value={index ?? count - 1}
        aria-valuetext={text}
        onChange={(event) => onMove(Number(event.target.value))}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onMove(null);
        }}
      />
      {children}
    </div>
  );
}
