/** How long a sender leaves a receiver alone that does not take what it is sent. */

const waitMsMax = 60_000;
/** What a receiver may ask for; a wrong date would otherwise end the sending. */
const retryAfterMsMax = 600_000;

export interface Sends {
  /** While all goes well, ms. */
  everyMs: number;
  /** Sends that failed since the last that did not. */
  failures: number;
  /** What the receiver asked for, ms. */
  retryAfterMs: number;
}

/** The wait before the next send: doubled with each failure up to a minute, by half at random, as many may wait. */
export function nextSendMs(
  { everyMs, failures, retryAfterMs }: Sends,
  random: () => number,
): number {
  if (failures === 0) return everyMs;
  const doubled = Math.min(everyMs * 2 ** failures, Math.max(everyMs, waitMsMax));
  return Math.max(everyMs, doubled * (0.5 + random() / 2), retryAfterMs);
}

/** What `Retry-After` asks for, as seconds or as a date; 0 without one that is understood. */
export function afterMs(header: string | null, now: number): number {
  if (header === null) return 0;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, retryAfterMsMax) : 0;
}
