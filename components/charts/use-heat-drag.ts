'use client';

import { useRef, useState } from 'react';
import type { Brush } from '../../lib/shared/pattern-view.ts';
import { brushBetween, type HeatCell, type HeatGrid } from './model/heatmap.ts';

/** A part of the heatmap as it is selected; it holds once it has ended. */
export function useHeatDrag(grid: HeatGrid, onBrush: (brush: Brush) => void) {
  const start = useRef<HeatCell | null>(null);
  const [brush, setBrush] = useState<Brush | null>(null);
  const stop = () => {
    start.current = null;
    setBrush(null);
  };
  return {
    brush,
    isDragging: brush !== null,
    /** Where one is under way it goes on from its own start. */
    start: (cell: HeatCell | null) => {
      if (brush === null) start.current = cell;
    },
    move: (cell: HeatCell | null) => {
      const from = start.current;
      if (from === null || cell === null) return;
      if (brush === null && from.row === cell.row && from.minute === cell.minute) return;
      setBrush(brushBetween(from, cell, grid));
    },
    end: () => {
      if (brush !== null) onBrush(brush);
      stop();
    },
    stop,
  };
}
