/**
 * Plaintext DEKs in memory. A DEK is usable until its lease ends, by wall or monotonic clock, whichever comes first;
 * equality is expired. What leaves the cache is zeroised. A DEK whose lease ended is zeroised too, but keeps its place
 * in the order of use until it is loaded again or displaced: capacity evicts as if nothing were ever swept.
 */
import { eraseDataKey } from './cipher.ts';
import { DekMemory, type Departure, type Lineage, type LoadReason } from './dek-memory.ts';
import { type Ranked, RecencyList } from './recency-list.ts';
import type { Instant } from './steady-clock.ts';
import type { Counters, DekMinute } from './telemetry/counters.ts';
import { type Leases, leaseBucketsMs } from './telemetry/port.ts';

export interface DekEntry {
  /** Of `cacheKey`. */
  readonly key: string;
  readonly id: string;
  readonly workspace: string;
  readonly keyUri: string;
  /** Of the envelope that loaded it: its commitment is checked, the rest is not authentic before a body opened. */
  header: Buffer;
  /** Secret; all zero once the entry has left the cache. */
  readonly dataKey: Buffer;
  /** When the attempt that gave it was sent. */
  readonly loaded: Instant;
  readonly leaseEnds: Instant;
  /** Used this close to its lease's end, it is asked for again ahead. */
  refreshAheadMs: number;
  readonly lineage: Lineage;
  readonly activity: DekMinute;
  uses: number;
}

/** DEK ids are unique within a workspace only: whoever owns a key can wrap a DEK under any id. */
export const cacheKey = (dek: { workspace: string; id: string }): string =>
  `${dek.id} ${dek.workspace}`;

/** A DEK's place in the cache; without an entry once its lease ended. */
interface Slot extends Ranked {
  readonly key: string;
  entry: DekEntry | undefined;
}

export interface DekCacheOptions {
  counters: Counters;
  capacity: number;
  heldMemoryMax: number;
  ttlMs: number;
}

export class DekCache {
  readonly #slots = new Map<string, Slot>();
  readonly #order = new RecencyList<Slot>();
  readonly #memory: DekMemory;
  readonly #counters: Counters;
  readonly #capacity: number;
  #size = 0;

  constructor(options: DekCacheOptions) {
    this.#counters = options.counters;
    this.#capacity = options.capacity;
    this.#memory = new DekMemory(options);
  }

  /** Plaintext DEKs in memory. */
  get size(): number {
    return this.#size;
  }

  /** The DEK if its lease still runs; it is then the most recently used. Else it is zeroised at once. */
  hit(key: string, now: Instant): DekEntry | undefined {
    const slot = this.#slots.get(key);
    if (slot?.entry === undefined) return undefined;
    if (!leaseRuns(slot.entry, now)) {
      this.#leave(slot, 'expired');
      return undefined;
    }
    this.#order.touch(slot);
    return slot.entry;
  }

  /** As `hit`, but it is no use. */
  live(key: string, now: Instant): DekEntry | undefined {
    const entry = this.#slots.get(key)?.entry;
    return entry !== undefined && leaseRuns(entry, now) ? entry : undefined;
  }

  /** Takes in a DEK that the KMS just gave or wrapped, and evicts the least recently used beyond capacity. */
  put(entry: DekEntry): void {
    this.#memory.resume(entry.key, entry.keyUri);
    const known = this.#slots.get(entry.key);
    const slot = known ?? { key: entry.key, entry: undefined, older: undefined, newer: undefined };
    if (known === undefined) {
      this.#slots.set(entry.key, slot);
      this.#order.add(slot);
    } else {
      this.#zeroise(slot);
      this.#order.touch(slot);
    }
    slot.entry = entry;
    this.#size += 1;
    while (this.#slots.size > this.#capacity && this.#order.oldest !== undefined) {
      this.#remove(this.#order.oldest, 'evicted');
    }
  }

  /** Whether so many DEKs more could displace others. */
  mayEvict(more: number): boolean {
    return this.#slots.size + more > this.#capacity;
  }

  /** Zeroises and removes one DEK that the KMS no longer gives. */
  drop(key: string): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#remove(slot, 'denied');
  }

  /** Zeroises and removes every DEK under a key that the KMS has denied. */
  deny(keyUri: string, at: Instant): void {
    this.#memory.deny(keyUri, at);
    for (const slot of this.#slots.values()) {
      if (slot.entry?.keyUri === keyUri) this.#remove(slot, 'denied');
    }
  }

  /** Whether the key was denied after this instant: an answer to what was sent before it came too late. */
  deniedSince(keyUri: string, sent: Instant): boolean {
    return this.#memory.deniedSince(keyUri, sent);
  }

  /** Zeroises what has expired; leases differ in length, so all are looked at. */
  sweep(now: Instant): void {
    for (const slot of this.#slots.values()) {
      if (slot.entry !== undefined && !leaseRuns(slot.entry, now)) this.#leave(slot, 'expired');
    }
  }

  /** Zeroises and removes everything. */
  clear(): void {
    for (const slot of this.#slots.values()) this.#remove(slot, 'evicted');
  }

  /** Closes the current minute of every DEK in use, for a roll-up. */
  flushActivity(): void {
    for (const entry of this.entries()) this.#closeMinute(entry, entry.activity.minute);
  }

  use(entry: DekEntry, minute: number, bytes: number): void {
    if (entry.activity.minute !== minute) this.#closeMinute(entry, minute);
    entry.uses += 1;
    entry.activity.uses += 1;
    entry.activity.bytes += bytes;
  }

  *entries(): IterableIterator<DekEntry> {
    for (const { entry } of this.#slots.values()) if (entry !== undefined) yield entry;
  }

  /** How long the leases still run, and how old the oldest is. */
  leases(now: Instant): Leases {
    const remaining = leaseBucketsMs.map(() => 0);
    let oldestMs = 0;
    for (const entry of this.entries()) {
      if (!leaseRuns(entry, now)) continue;
      const leftMs = remainingMs(entry, now);
      const bucket = leaseBucketsMs.findIndex((upToMs) => leftMs <= upToMs);
      remaining[bucket] = (remaining[bucket] ?? 0) + 1;
      oldestMs = Math.max(oldestMs, now.monotonic - entry.loaded.monotonic);
    }
    return { remaining, oldestMs };
  }

  /** The cause of loading a DEK that is not live at `at`. */
  loadReason(dek: { workspace: string; id: string; keyUri: string }, at: number): LoadReason {
    const key = cacheKey(dek);
    const entry = this.#slots.get(key)?.entry;
    const last = entry && heldOf(entry, 'expired');
    return this.#memory.loadReason({ key, keyUri: dek.keyUri }, last, at);
  }

  #remove(slot: Slot, departure: Departure): void {
    this.#leave(slot, departure);
    this.#order.remove(slot);
    this.#slots.delete(slot.key);
  }

  #leave(slot: Slot, departure: Departure): void {
    if (slot.entry === undefined) return;
    this.#memory.remember(slot.key, heldOf(slot.entry, departure));
    this.#zeroise(slot);
  }

  #zeroise(slot: Slot): void {
    const { entry } = slot;
    if (entry === undefined) return;
    this.#closeMinute(entry, entry.activity.minute);
    eraseDataKey(entry.dataKey);
    slot.entry = undefined;
    this.#size -= 1;
  }

  #closeMinute(entry: DekEntry, nextMinute: number): void {
    this.#counters.dek(entry.workspace, entry.id, entry.activity);
    entry.activity.minute = nextMinute;
    entry.activity.uses = 0;
    entry.activity.bytes = 0;
  }
}

function heldOf({ loaded, leaseEnds, lineage }: DekEntry, departure: Departure) {
  return { loadedAt: loaded.monotonic, leaseEndsAt: leaseEnds.wall, lineage, departure };
}

/** Ms until a lease ends by either clock. */
export function remainingMs({ leaseEnds }: DekEntry, now: Instant): number {
  return Math.min(leaseEnds.wall - now.wall, leaseEnds.monotonic - now.monotonic);
}

function leaseRuns({ leaseEnds }: DekEntry, now: Instant): boolean {
  return now.wall < leaseEnds.wall && now.monotonic < leaseEnds.monotonic;
}
