export interface Asked {
  /** Between two askings while all goes well, ms. */
  everyMs: number;
  /** Askings that failed since the last that did not. */
  failures: number;
  msMax: number;
}

/** How long to wait before asking again: doubled with each failure, by half at random, as many may wait. */
export function waitMsAfter(
  { everyMs, failures, msMax }: Asked,
  random: () => number = Math.random,
): number {
  if (failures === 0) return everyMs;
  const doubled = Math.min(everyMs * 2 ** failures, Math.max(everyMs, msMax));
  return Math.max(everyMs, doubled * (0.5 + random() / 2));
}
