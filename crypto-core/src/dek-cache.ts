/**
 * Plaintext DEKs in memory. A DEK is usable until its lease ends, by wall or monotonic clock, whichever comes first;
 * equality is expired. What leaves the cache is zeroised. A DEK whose lease ended is zeroised too, but keeps its place
 * in the order of use until it is loaded again or displaced: capacity evicts as if nothing were ever swept.
 */
import type { KeyObject } from 'node:crypto';
import { DekEntry, type LoadedDek } from './dek-entry.ts';
import { DekMemory, type Departure, type LoadReason } from './dek-memory.ts';
import { KeySlab } from './key-slab.ts';
import { RecencyList } from './recency-list.ts';
import type { Instant } from './steady-clock.ts';
import type { Counters } from './telemetry/counters.ts';
import { type Leases, leaseBucketsMs } from './telemetry/port.ts';

export interface DekCacheOptions {
  counters: Counters;
  capacity: number;
  heldMemoryMax: number;
  ttlMs: number;
  /** Where the keys lie. Default one of its own. */
  keys?: KeySlab;
}

export class DekCache {
  /** DEKs, and the places of those whose lease ended. */
  readonly #entries = new Map<string, DekEntry>();
  readonly #order = new RecencyList<DekEntry>();
  readonly #keys: KeySlab;
  readonly #memory: DekMemory;
  readonly #counters: Counters;
  readonly #capacity: number;
  #size = 0;

  constructor(options: DekCacheOptions) {
    this.#counters = options.counters;
    this.#capacity = options.capacity;
    this.#keys = options.keys ?? new KeySlab();
    this.#memory = new DekMemory(options);
  }

  /** Plaintext DEKs in memory. */
  get size(): number {
    return this.#size;
  }

  /** The DEK if its lease still runs; it is then the most recently used. Else it is zeroised at once. */
  hit(key: string, now: Instant): DekEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || !entry.held) return undefined;
    if (entry.remainingMs(now) <= 0) {
      this.#leave(entry, 'expired');
      return undefined;
    }
    this.#order.touch(entry);
    return entry;
  }

  /** As `hit`, but it is no use. */
  live(key: string, now: Instant): DekEntry | undefined {
    const entry = this.#entries.get(key);
    return entry?.held && entry.remainingMs(now) > 0 ? entry : undefined;
  }

  /** The key that bodies are sealed and opened with. */
  keyObject(entry: DekEntry): KeyObject {
    return this.#keys.keyObject(entry);
  }

  /** Whether a header commits to this DEK, whatever else it says. */
  commits(entry: DekEntry, header: Buffer): boolean {
    return this.#keys.commits(entry, header);
  }

  /**
   * Takes in a DEK that the KMS just gave or wrapped, with a copy of its key, and evicts the least recently used beyond
   * capacity.
   */
  put(dek: LoadedDek, key: { dataKey: Uint8Array; commitment: Uint8Array }): DekEntry {
    this.#memory.resume(dek.key, dek.keyUri);
    const known = this.#entries.get(dek.key);
    if (known !== undefined) {
      this.#zeroise(known);
      this.#order.remove(known);
    }
    const entry = new DekEntry(dek);
    entry.slot = this.#keys.take(key);
    this.#entries.set(entry.key, entry);
    this.#order.add(entry);
    this.#size += 1;
    while (this.#entries.size > this.#capacity && this.#order.oldest !== undefined) {
      this.#remove(this.#order.oldest, 'evicted');
    }
    return entry;
  }

  /** Whether so many DEKs more could displace others. */
  mayEvict(more: number): boolean {
    return this.#entries.size + more > this.#capacity;
  }

  /** Zeroises and removes one DEK that the KMS no longer gives. */
  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#remove(entry, 'denied');
  }

  /** Zeroises and removes every DEK under a key that the KMS has denied. */
  deny(keyUri: string, at: Instant): void {
    this.#memory.deny(keyUri, at);
    for (const entry of this.entries()) if (entry.keyUri === keyUri) this.#remove(entry, 'denied');
  }

  /** Whether the key was denied after this instant: an answer to what was sent before it came too late. */
  deniedSince(keyUri: string, sent: Instant): boolean {
    return this.#memory.deniedSince(keyUri, sent);
  }

  /** Zeroises what has expired; leases differ in length, so all are looked at. */
  sweep(now: Instant): void {
    for (const entry of this.entries())
      if (entry.remainingMs(now) <= 0) this.#leave(entry, 'expired');
  }

  /** Zeroises and removes everything. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#remove(entry, 'evicted');
  }

  /** Closes the current minute of every DEK in use, for a roll-up. */
  flushActivity(): void {
    for (const entry of this.entries()) this.#counters.dek(entry);
  }

  /** Counts a use of the DEK in a minute, counted from the epoch. */
  use(entry: DekEntry, minute: number, bytes: number): void {
    if (entry.minute !== minute) {
      this.#counters.dek(entry);
      entry.minute = minute;
    }
    entry.uses += 1;
    entry.minuteUses += 1;
    entry.minuteBytes += bytes;
  }

  *entries(): IterableIterator<DekEntry> {
    for (const entry of this.#entries.values()) if (entry.held) yield entry;
  }

  /** How long the leases still run, and how old the oldest is. */
  leases(now: Instant): Leases {
    const remaining = leaseBucketsMs.map(() => 0);
    let oldestMs = 0;
    for (const entry of this.entries()) {
      const leftMs = entry.remainingMs(now);
      if (leftMs <= 0) continue;
      const bucket = leaseBucketsMs.findIndex((upToMs) => leftMs <= upToMs);
      remaining[bucket] = (remaining[bucket] ?? 0) + 1;
      oldestMs = Math.max(oldestMs, now.monotonic - entry.loaded.monotonic);
    }
    return { remaining, oldestMs };
  }

  /** The cause of loading a DEK that is not live at `at`. */
  loadReason(dek: { key: string; keyUri: string }, at: number): LoadReason {
    const entry = this.#entries.get(dek.key);
    return this.#memory.loadReason(dek, entry?.held ? entry.asHeld('expired') : undefined, at);
  }

  #remove(entry: DekEntry, departure: Departure): void {
    this.#leave(entry, departure);
    this.#order.remove(entry);
    this.#entries.delete(entry.key);
  }

  #leave(entry: DekEntry, departure: Departure): void {
    if (!entry.held) return;
    this.#memory.remember(entry.key, entry.asHeld(departure));
    this.#zeroise(entry);
  }

  #zeroise(entry: DekEntry): void {
    if (!entry.held) return;
    this.#counters.dek(entry);
    this.#keys.release(entry);
    entry.header = undefined;
    this.#size -= 1;
  }
}
