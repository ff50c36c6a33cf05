'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

export interface DragRange {
  /** The first and last bucket under the drag, ordered; null where nothing is dragged. */
  range: [number, number] | null;
  start(at: number | null): void;
  move(at: number | null): void;
  end(): void;
  /** Whether the press that ends now was a drag, so that its click is not one. */
  wasDrag(): boolean;
}

/** A range dragged over a chart's buckets; Esc lets it go, a press without movement is none. */
export function useDragRange(onSelect: (first: number, last: number) => void): DragRange {
  const from = useRef<number | null>(null);
  const dragged = useRef(false);
  const [range, setRange] = useState<[number, number] | null>(null);
  const clear = useCallback(() => {
    from.current = null;
    setRange(null);
  }, []);
  useEffect(() => {
    if (range === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') clear();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [range, clear]);
  return {
    range,
    start(at) {
      from.current = at;
      dragged.current = false;
    },
    move(at) {
      if (from.current === null || at === null) return;
      if (at === from.current && !dragged.current) return;
      dragged.current = true;
      setRange([Math.min(from.current, at), Math.max(from.current, at)]);
    },
    end() {
      if (range !== null) onSelect(range[0], range[1]);
      clear();
    },
    wasDrag: () => dragged.current,
  };
}
