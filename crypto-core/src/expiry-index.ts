/**
 * DEKs by the second in which their lease ends, so that what has ended, and how many end when, is found without looking
 * at all of them. By the monotonic clock, which is never more than a second behind the wall clock (`SteadyClock`).
 */
import type { DekEntry } from './dek-entry.ts';
import { EndList } from './end-list.ts';
import type { Instant } from './steady-clock.ts';
import { type Leases, leaseBucketsMs } from './telemetry/port.ts';

const secondMs = 1_000;
const secondOf = (monotonic: number): number => Math.floor(monotonic / secondMs);

export class ExpiryIndex {
  readonly #seconds = new Map<number, EndList>();
  readonly #ttlMs: number;

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  add(entry: DekEntry): void {
    const at = secondOf(entry.endsMonotonic);
    let second = this.#seconds.get(at);
    if (second === undefined) {
      second = new EndList();
      this.#seconds.set(at, second);
    }
    second.add(entry);
  }

  remove(entry: DekEntry): void {
    const at = secondOf(entry.endsMonotonic);
    const second = this.#seconds.get(at);
    second?.remove(entry);
    if (second?.size === 0) this.#seconds.delete(at);
  }

  /** Those whose lease has ended by either clock; each may be removed when it is given. */
  *ended(now: Instant): Generator<DekEntry> {
    const last = secondOf(now.monotonic) + 1;
    // There are at most as many seconds as the longest lease has.
    for (const [at, second] of this.#seconds) {
      if (at > last) continue;
      for (let entry = second.first; entry !== undefined; ) {
        const next = entry.endsAfter;
        if (entry.remainingMs(now) <= 0) yield entry;
        entry = next;
      }
    }
  }

  /** How long the leases still run, and how old the oldest is. */
  leases(now: Instant): Leases {
    const remaining = leaseBucketsMs.map(() => 0);
    const count = (bucket: number, n: number) => {
      remaining[bucket] = (remaining[bucket] ?? 0) + n;
    };
    let oldestMs = 0;
    for (const [at, second] of this.#seconds) {
      // By the wall clock a lease may end a second sooner.
      const leastMs = at * secondMs - now.monotonic - secondMs;
      const first = bucketOf(leastMs);
      const alike = leastMs > 0 && first === bucketOf(leastMs + 2 * secondMs);
      if (alike) count(first, second.size);
      // None of these began longer ago than a whole lease before its end.
      const older = this.#ttlMs - at * secondMs + now.monotonic > oldestMs;
      if (alike && !older) continue;
      for (let entry = second.first; entry !== undefined; entry = entry.endsAfter) {
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
