'use client';

import { useSyncExternalStore } from 'react';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { stopNear } from './model/plot.ts';

/** What is pointed at: one for all time charts of a page, each of which shows its own buckets there. */
interface Pointed {
  /** The instant that is read. */
  at: number | null;
  /** Where a selection began that reaches to that instant. */
  from: number | null;
}

const nothing: Pointed = { at: null, from: null };
let pointed = nothing;
const listeners = new Set<() => void>();

function point(changes: Partial<Pointed>): void {
  pointed = { ...pointed, ...changes };
  for (const listener of listeners) listener();
}

export const pointTo = (at: number | null): void => point({ at });

/** Begins a selection, or with null drops the one that is under way. */
export const selectFrom = (from: number | null): void => point({ from });

export const isSelecting = (): boolean => pointed.from !== null;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    // The next page begins without one.
    if (listeners.size === 0) pointed = nothing;
  };
}

const usePointed = (): Pointed =>
  useSyncExternalStore(
    listen,
    () => pointed,
    () => nothing,
  );

export type OnRange = (range: TimeWindow) => void;

/** A chart's own stop at the cursor, and those that are selected where it takes a selection. */
export function useStops<T extends TimeWindow>(
  stops: readonly T[],
  onRange: OnRange | undefined,
): { stop: T | null; range: TimeWindow | null; endSelection(): void } {
  const { at, from } = usePointed();
  const stop = at === null ? null : stopNear(stops, at);
  const start = from === null ? null : stopNear(stops, from);
  const range =
    onRange && stop && start
      ? { from: Math.min(start.from, stop.from), to: Math.max(start.to, stop.to) }
      : null;
  return {
    stop,
    range,
    endSelection: () => {
      if (range === null) return;
      point(nothing);
      onRange?.(range);
    },
  };
}

/** A chart's own row at the cursor, and how its slider moves and selects. */
export function useRowAtCursor<T extends { start: number; end: number }>(
  rows: readonly T[],
  onRange?: OnRange,
) {
  const stops = rows.map((row, index) => ({ from: row.start, to: row.end, row, index }));
  const { stop, range, endSelection } = useStops(stops, onRange);
  const startOf = (index: number) => rows[index]?.start ?? null;
  return {
    row: stop?.row ?? null,
    index: stop?.index ?? null,
    onMove: (index: number | null) => pointTo(index === null ? null : startOf(index)),
    select: {
      range,
      /** Where one is under way it goes on from its own start. */
      begin: (index: number) => {
        if (onRange && !isSelecting()) point({ at: startOf(index), from: startOf(index) });
      },
      end: endSelection,
    },
  };
}
