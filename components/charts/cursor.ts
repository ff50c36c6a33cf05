'use client';

import { useSyncExternalStore } from 'react';
import { stopAt } from './model/plot.ts';

/** The instant that is read: one for all time charts of a page, each of which shows its own bucket there. */
let pointed: number | null = null;
const listeners = new Set<() => void>();

export function pointTo(at: number | null): void {
  pointed = at;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    // The next page begins without one.
    if (listeners.size === 0) pointed = null;
  };
}

export const useCursor = (): number | null =>
  useSyncExternalStore(
    listen,
    () => pointed,
    () => null,
  );

/** A chart's own row at the cursor, and how its slider moves that. */
export function useRowAtCursor<T extends { start: number; end: number }>(rows: readonly T[]) {
  const cursor = useCursor();
  const stops = rows.map((row, index) => ({ from: row.start, to: row.end, row, index }));
  const stop = cursor === null ? null : stopAt(stops, cursor);
  return {
    row: stop?.row ?? null,
    index: stop?.index ?? null,
    onMove: (index: number | null) => pointTo(index === null ? null : (rows[index]?.start ?? null)),
  };
}
