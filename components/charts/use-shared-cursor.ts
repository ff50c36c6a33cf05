'use client';

import { useSyncExternalStore } from 'react';

let shown: number | null = null;
const listeners = new Set<() => void>();

function show(at: number | null): void {
  if (at === shown) return;
  shown = at;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The instant under the pointer, whichever of the page's time charts the pointer is in. */
export function useSharedCursor(): [at: number | null, show: (at: number | null) => void] {
  const at = useSyncExternalStore(
    subscribe,
    () => shown,
    () => null,
  );
  return [at, show];
}
