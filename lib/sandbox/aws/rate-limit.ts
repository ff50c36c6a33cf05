import type { Clock } from '../../domain/clock.ts';

/**
 * A token bucket for each name: `perSecond` tokens a second, and at most one second's worth saved
 * up.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #wall: Clock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor({ perSecond, wall }: { perSecond: number; wall: Clock }) {
    this.#perSecond = perSecond;
    this.#wall = wall;
  }

  /** Takes a token; false where there is none. */
  take(name: string): boolean {
    const full = Math.max(1, this.#perSecond);
    const nowMs = this.#wall.monotonic();
    const bucket = this.#buckets.get(name) ?? { tokens: full, atMs: nowMs };
    const gained = ((nowMs - bucket.atMs) / 1000) * this.#perSecond;
    const tokens = Math.min(full, bucket.tokens + gained);
    const taken = tokens >= 1;
    this.#buckets.set(name, { tokens: taken ? tokens - 1 : tokens, atMs: nowMs });
    return taken;
  }
}
