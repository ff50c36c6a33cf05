import type { Clock } from '../../domain/clock.ts';

/** A token bucket for each name: `perSecond` tokens a second, and at most `burst` saved up: by default one second's. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #full: number;
  readonly #wall: Clock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(options: { perSecond: number; burst?: number; wall: Clock }) {
    const { perSecond, burst = perSecond, wall } = options;
    this.#perSecond = perSecond;
    this.#full = Math.max(1, burst);
    this.#wall = wall;
  }

  /** Takes a token; false where there is none. */
  take(name: string): boolean {
    const nowMs = this.#wall.monotonic();
    const bucket = this.#buckets.get(name) ?? { tokens: this.#full, atMs: nowMs };
    const gained = ((nowMs - bucket.atMs) / 1000) * this.#perSecond;
    const tokens = Math.min(this.#full, bucket.tokens + gained);
    const taken = tokens >= 1;
    this.#buckets.set(name, { tokens: taken ? tokens - 1 : tokens, atMs: nowMs });
    return taken;
  }
}
