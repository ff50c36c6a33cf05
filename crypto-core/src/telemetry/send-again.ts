/** How long a sender waits before it sends again to a receiver that failed. */

const waitMsMax = 60_000;
/** The longest wait a receiver may ask for: a wrong date must not stop the sender. */
const retryAfterMsMax = 600_000;

export interface Sends {
  /** The wait while no send fails, ms. */
  everyMs: number;
  /** How many sends failed in a row. */
  failures: number;
  /** The wait that the receiver asked for, ms. */
  retryAfterMs: number;
}

/** The wait before the next send: doubled with each failure, up to a minute. Half is random, so senders spread out. */
export function nextSendMs(
  { everyMs, failures, retryAfterMs }: Sends,
  random: () => number,
): number {
  if (failures === 0) return everyMs;
  const doubled = Math.min(everyMs * 2 ** failures, Math.max(everyMs, waitMsMax));
  return Math.max(everyMs, doubled * (0.5 + random() / 2), retryAfterMs);
}

/** The wait that `Retry-After` asks for, as seconds or as a date; 0 if there is none or it is not valid. */
export function afterMs(header: string | null, now: number): number {
  if (header === null) return 0;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, retryAfterMsMax) : 0;
}
