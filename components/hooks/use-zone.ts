'use client';

import { useEffect, useSyncExternalStore } from 'react';
import { shownZone, showZone, type Zone } from '../../lib/shared/screen-text.ts';

const zoneKey = 'keytide.zone';
const listeners = new Set<() => void>();

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function show(zone: Zone): void {
  showZone(zone);
  for (const listener of listeners) listener();
}

/** Turns the zone of all times over and remembers it. */
export function toggleZone(): void {
  const next = shownZone() === 'utc' ? 'local' : 'utc';
  show(next);
  try {
    localStorage.setItem(zoneKey, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** The zone of all times. A page comes in UTC; what was chosen before holds once it is there. */
export function useZone(): Zone {
  useEffect(() => {
    try {
      if (localStorage.getItem(zoneKey) === 'local') show('local');
    } catch {
      // As it comes.
    }
  }, []);
  return useSyncExternalStore(listen, shownZone, () => 'utc');
}
