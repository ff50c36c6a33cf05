/**
 * DEKs by the second in which their lease ends, so that what has ended, and how many end when, is found without looking
 * at all of them. By the monotonic clock, which is never more than a second behind the wall clock (`SteadyClock`).
 */
import type { DekEntry } from './dek-entry.ts';
import type { Instant } from './steady-clock.ts';
import { type Leases, leaseBucketsMs } from './telemetry/port.ts';

const secondMs = 1_000;
const secondOf = (monotonic: number): number => Math.floor(monotonic / secondMs);

export class ExpiryIndex {
  readonly #seconds = new Map<number, Set<DekEntry>>();
  readonly #ttlMs: number;

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  add(entry: DekEntry): void {
    const second = secondOf(entry.endsMonotonic);
    const known = this.#seconds.get(second);
    if (known === undefined) this.#seconds.set(second, new Set([entry]));
    else known.add(entry);
  }

  remove(entry: DekEntry): void {
    const second = secondOf(entry.endsMonotonic);
    const known = this.#seconds.get(second);
    if (known === undefined) return;
    known.delete(entry);
    if (known.size === 0) this.#seconds.delete(second);
  }

  /** Those whose lease has ended by either clock. There are at most as many seconds as the longest lease has. */
  *ended(now: Instant): Generator<DekEntry> {
    const last = secondOf(now.monotonic) + 1;
    for (const [second, entries] of this.#seconds) {
      if (second > last) continue;
      for (const entry of entries) if (entry.remainingMs(now) <= 0) yield entry;
    }
  }

  /** How long the leases still run, and how old the oldest is. */
  leases(now: Instant): Leases {
    const remaining = leaseBucketsMs.map(() => 0);
    const count = (bucket: number, n: number) => {
      remaining[bucket] = (remaining[bucket] ?? 0) + n;
    };
    let oldestMs = 0;
    for (const [second, entries] of this.#seconds) {
      // By the wall clock a lease may end a second sooner.
      const leastMs = second * secondMs - now.monotonic - secondMs;
      const first = bucketOf(leastMs);
      const alike = leastMs > 0 && first === bucketOf(leastMs + 2 * secondMs);
      if (alike) count(first, entries.size);
      // None of these began longer ago than a whole lease before its end.
      const older = this.#ttlMs - second * secondMs + now.monotonic > oldestMs;
      if (alike && !older) continue;
      for (const entry of entries) {
        const leftMs = entry.remainingMs(now);
        if (leftMs <= 0) continue;
        if (!alike) count(bucketOf(leftMs), 1);
        oldestMs = Math.max(oldestMs, now.monotonic - entry.loadedMonotonic);
      }
    }
    return { remaining, oldestMs };
  }
}

const bucketOf = (leftMs: number): number => leaseBucketsMs.findIndex((upToMs) => leftMs <= upToMs);
