'use client';

import { useEffect, useState } from 'react';

/** The wall clock, read again every `everyMs`. */
export function useWallClock(everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
