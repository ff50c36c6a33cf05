/**
 * Indexes DEKs by the second in which their lease ends. Ended leases are found, and running ones counted, without
 * looking at every DEK. Seconds are the monotonic clock's, which `SteadyClock` keeps at most a second behind the wall
 * clock.
 */
import { type DekTable, real } from './dek-table.ts';
import { noSlot } from './key-slab.ts';
import { SlotList } from './slot-list.ts';
import type { Instant } from './steady-clock.ts';
import { type Leases, leaseBucketsMs } from './telemetry/port.ts';

const secondMs = 1_000;
const secondOf = (monotonic: number): number => Math.floor(monotonic / secondMs);

export class ExpiryIndex {
  readonly #seconds = new Map<number, SlotList>();
  readonly #table: DekTable;
  readonly #ttlMs: number;

  constructor(table: DekTable, ttlMs: number) {
    this.#table = table;
    this.#ttlMs = ttlMs;
  }

  add(slot: number): void {
    const at = secondOf(this.#table.endsMonotonic(slot));
    let second = this.#seconds.get(at);
    if (second === undefined) {
      second = new SlotList(this.#table, 'end');
      this.#seconds.set(at, second);
    }
    second.add(slot);
  }

  remove(slot: number): void {
    const at = secondOf(this.#table.endsMonotonic(slot));
    const second = this.#seconds.get(at);
    second?.remove(slot);
    if (second?.size === 0) this.#seconds.delete(at);
  }

  /** The slots whose lease has ended by either clock. The caller may remove each as it gets it. */
  *ended(now: Instant): Generator<number> {
    const last = secondOf(now.monotonic) + 1;
    // There are at most as many seconds as the TTL has.
    for (const [at, second] of this.#seconds) {
      if (at > last) continue;
      for (let slot = second.first; slot !== noSlot; ) {
        const next = second.after(slot);
        if (this.#table.remainingMs(slot, now) <= 0) yield slot;
        slot = next;
      }
    }
  }

  /** How long the leases still run, and how old the oldest one is. */
  leases(now: Instant): Leases {
    const remaining = leaseBucketsMs.map(() => 0);
    const count = (bucket: number, n: number) => {
      remaining[bucket] = (remaining[bucket] ?? 0) + n;
    };
    let oldestMs = 0;
    for (const [at, second] of this.#seconds) {
      // A lease may end a second sooner by the wall clock.
      const leastMs = at * secondMs - now.monotonic - secondMs;
      const first = bucketOf(leastMs);
      const alike = leastMs > 0 && first === bucketOf(leastMs + 2 * secondMs);
      if (alike) count(first, second.size);
      // A lease is at most one TTL long: none of these can be older than that.
      const older = this.#ttlMs - at * secondMs + now.monotonic > oldestMs;
      if (alike && !older) continue;
      for (let slot = second.first; slot !== noSlot; slot = second.after(slot)) {
        const leftMs = this.#table.remainingMs(slot, now);
        if (leftMs <= 0) continue;
        if (!alike) count(bucketOf(leftMs), 1);
        const loadedMonotonic = this.#table.real(slot, real.loadedMonotonic);
        oldestMs = Math.max(oldestMs, now.monotonic - loadedMonotonic);
      }
    }
    return { remaining, oldestMs };
  }
}

const bucketOf = (leftMs: number): number => leaseBucketsMs.findIndex((upToMs) => leftMs <= upToMs);
