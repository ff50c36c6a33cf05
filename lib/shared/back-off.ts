export interface Asked {
  /** Between two requests while all goes well, ms. */
  everyMs: number;
  /** Requests that failed since the last one that did not. */
  failures: number;
  msMax: number;
}

/**
 * How long to wait before the next request: doubled with each failure, half of it at random, since many may be waiting.
 */
export function waitMsAfter(
  { everyMs, failures, msMax }: Asked,
  random: () => number = Math.random,
): number {
  if (failures === 0) return everyMs;
  const doubled = Math.min(everyMs * 2 ** failures, Math.max(everyMs, msMax));
  return Math.max(everyMs, doubled * (0.5 + random() / 2));
}
