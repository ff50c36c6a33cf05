import type { Query } from '@tanstack/react-query';

/** How often a window that moves with the clock is asked for again. */
export const pollMs = 5_000;

/** Leases and the key's state are read more often: at 60x a second is a minute. */
export const watchMs = 2_000;

/** Spikes and patterns change by the hour. */
export const slowPollMs = 15_000;

const pollMsMax = 60_000;

type Ends = Pick<
  Query['state'],
  'status' | 'dataUpdatedAt' | 'errorUpdatedAt' | 'errorUpdateCount'
>;

/**
 * When to ask again: at the interval while answers come. While they fail, after as long as they have failed, so that
 * the wait doubles, up to a minute, half of it at random: many pages must not keep down a server that comes back. The
 * same failure gives the same wait, because it is computed at each rendering.
 */
export function pollAfter(
  everyMs: number,
  { status, dataUpdatedAt, errorUpdatedAt, errorUpdateCount }: Ends,
): number {
  if (status !== 'error') return everyMs;
  const failedMs =
    dataUpdatedAt > 0 ? errorUpdatedAt - dataUpdatedAt : everyMs * 2 ** errorUpdateCount;
  const random = (errorUpdatedAt % 1_000) / 1_000;
  return Math.max(everyMs, Math.min(failedMs, pollMsMax) * (0.5 + random / 2));
}

/** The same as `refetchInterval`; `moving` is whether a new answer could differ. */
export const polling =
  (everyMs: number, moving = true) =>
  ({ state }: { state: Ends }): number | false =>
    moving && pollAfter(everyMs, state);
