/**
 * Plaintext DEKs in memory. A DEK is usable until its lease ends, by wall or monotonic clock, whichever comes first;
 * equality is expired. What leaves the cache is zeroised. A DEK whose lease ended is zeroised too, but keeps its place
 * in the order of use until it is loaded again or displaced: capacity evicts as if nothing were ever swept.
 */
import { DekEntry, type LoadedDek } from './dek-entry.ts';
import { DekMemory, type Departure, type LoadReason } from './dek-memory.ts';
import { EndList } from './end-list.ts';
import { ExpiryIndex } from './expiry-index.ts';
import { type KeyGroup, KeyGroups } from './key-groups.ts';
import { type DataKey, KeySlab } from './key-slab.ts';
import type { Instant } from './steady-clock.ts';
import type { Counters } from './telemetry/counters.ts';
import type { Leases } from './telemetry/port.ts';

export interface DekCacheOptions {
  counters: Counters;
  capacity: number;
  heldMemoryMax: number;
  ttlMs: number;
  /** Resolves in a later turn of the event loop. */
  nextTurn: () => Promise<void>;
  /** Where the keys lie. Default one of its own. */
  keys?: KeySlab;
}

interface Denial {
  /** DEKs up to this number are out of use. */
  upTo: number;
  /** The first one that may not be zeroised yet; undefined for the key's oldest. */
  from: DekEntry | undefined;
}

/** DEKs zeroised in one turn of the event loop; what is left waits unusable for the next one. */
const perTurnMax = 4_096;

export class DekCache {
  /** DEKs, and the places of those whose lease ended. */
  readonly #entries = new Map<string, DekEntry>();
  /** Everything in `#entries` by its key, in the order of use. */
  readonly #groups = new KeyGroups<DekEntry>();
  readonly #expiry: ExpiryIndex;
  readonly #keys: KeySlab;
  readonly #memory: DekMemory;
  /** Places of DEKs that left and whose history is told, in the order in which they left. */
  readonly #departed = new EndList();
  readonly #departedMax: number;
  readonly #counters: Counters;
  readonly #capacity: number;
  readonly #nextTurn: () => Promise<void>;
  /** DEKs used since this was last told; some may have left since. */
  #active: DekEntry[] = [];
  /** Keys whose DEKs were denied and are not all zeroised yet. */
  readonly #denied = new Map<KeyGroup<DekEntry>, Denial>();
  /** Numbers the DEKs in the order of their coming. */
  #number = 0;
  #sweeping = false;
  #size = 0;

  constructor(options: DekCacheOptions) {
    this.#counters = options.counters;
    this.#capacity = options.capacity;
    this.#nextTurn = options.nextTurn;
    this.#keys = options.keys ?? new KeySlab();
    this.#memory = new DekMemory(options);
    this.#departedMax = options.heldMemoryMax;
    this.#expiry = new ExpiryIndex(options.ttlMs);
  }

  /** Plaintext DEKs in memory. */
  get size(): number {
    return this.#size;
  }

  /** The DEK if its lease still runs; it is then the most recently used. Else it is zeroised at once. */
  hit(key: string, now: Instant): DekEntry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.holds(entry, now) ? entry : undefined;
  }

  /** As `hit`, of a DEK that was found before. */
  holds(entry: DekEntry, now: Instant): boolean {
    const { group } = entry;
    if (!entry.held || group === undefined) return false;
    if (entry.remainingMs(now) <= 0 || this.#isDenied(entry)) {
      this.#leave(entry, this.#isDenied(entry) ? 'denied' : 'expired');
      return false;
    }
    this.#groups.touch(group, entry);
    return true;
  }

  /** The key that bodies are sealed and opened with; not to be kept. */
  keyOf(entry: DekEntry): DataKey {
    // Most DEKs of an old archive open one body and no more.
    return entry.uses === 0 ? this.#keys.bytes(entry) : this.#keys.keyObject(entry);
  }

  /** Whether a header commits to this DEK, whatever else it says. */
  commits(entry: DekEntry, header: Buffer): boolean {
    return this.#keys.commits(entry, header);
  }

  /**
   * Takes in a DEK that the KMS just gave or wrapped, with a copy of its key. Beyond capacity the key that has most of
   * them gives up its least recently used one.
   */
  put(dek: LoadedDek, key: { dataKey: Uint8Array; commitment: Uint8Array }): DekEntry {
    this.#memory.resume(dek.key, dek.keyUri);
    const known = this.#entries.get(dek.key);
    if (known !== undefined) {
      this.#zeroise(known);
      this.#ungroup(known);
    }
    this.#number += 1;
    const entry = new DekEntry(dek, this.#number);
    entry.slot = this.#keys.take(key);
    this.#entries.set(entry.key, entry);
    entry.group = this.#groups.add(entry.keyUri, entry);
    this.#expiry.add(entry);
    this.#size += 1;
    while (this.#entries.size > this.#capacity) {
      const displaced = this.#groups.largest?.items.oldest;
      if (displaced === undefined) break;
      this.#remove(displaced, 'evicted');
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

  /** Ends the use of every DEK under a key that the KMS has denied, and zeroises them all. */
  deny(keyUri: string, at: Instant): void {
    this.#memory.deny(keyUri, at);
    const group = this.#groups.get(keyUri);
    if (group === undefined) return;
    this.#denied.set(group, { upTo: this.#number, from: undefined });
    this.sweep(at);
  }

  /** Whether the key was denied after this instant: an answer to what was sent before it came too late. */
  deniedSince(keyUri: string, sent: Instant): boolean {
    return this.#memory.deniedSince(keyUri, sent);
  }

  /** Zeroises what was denied or has expired, so many in this turn and the rest in the next ones. */
  sweep(now: Instant): void {
    if (this.#sweeping) return;
    let left = perTurnMax;
    for (const [group, denial] of this.#denied) {
      left = this.#zeroiseDenied(group, denial, left);
      if (left === 0) break;
    }
    for (const entry of this.#expiry.ended(now)) {
      if (left === 0) break;
      this.#leave(entry, 'expired');
      left -= 1;
    }
    if (left > 0) return;
    this.#sweeping = true;
    void this.#nextTurn().then(() => {
      this.#sweeping = false;
      this.sweep(now);
    });
  }

  /** Zeroises and removes everything. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#remove(entry, 'evicted');
    this.#denied.clear();
  }

  /** Closes the current minute of every DEK in use, for a roll-up. */
  flushActivity(): void {
    for (const entry of this.#active.splice(0)) {
      entry.isActive = false;
      this.#counters.dek(entry);
    }
  }

  /** Counts a use of the DEK in a minute, counted from the epoch. */
  count(entry: DekEntry, minute: number, bytes: number): void {
    if (entry.minute !== minute) {
      this.#counters.dek(entry);
      entry.minute = minute;
    }
    if (!entry.isActive) {
      entry.isActive = true;
      this.#active.push(entry);
    }
    entry.uses += 1;
    entry.minuteUses += 1;
    entry.minuteBytes += bytes;
  }

  *entries(): IterableIterator<DekEntry> {
    for (const entry of this.#entries.values()) {
      if (entry.held && !this.#isDenied(entry)) yield entry;
    }
  }

  /** How long the leases still run, and how old the oldest is. */
  leases(now: Instant): Leases {
    return this.#expiry.leases(now);
  }

  /** The cause of loading a DEK that is not live at `at`. */
  loadReason(dek: { key: string; keyUri: string }, at: number): LoadReason {
    const entry = this.#entries.get(dek.key);
    // Held under the key that the workspace had before, it is no earlier lease of this one.
    const known = entry?.keyUri === dek.keyUri && (entry.held || entry.departure !== undefined);
    return this.#memory.loadReason(dek, known ? entry.asHeld() : undefined, at);
  }

  #isDenied({ group, number }: DekEntry): boolean {
    if (this.#denied.size === 0 || group === undefined) return false;
    return number <= (this.#denied.get(group)?.upTo ?? 0);
  }

  /** Zeroises so many DEKs of a denied key at most; gives how many more there may be. */
  #zeroiseDenied(group: KeyGroup<DekEntry>, denial: Denial, most: number): number {
    let left = most;
    // One that was removed meanwhile is no place to go on from.
    let entry = denial.from?.group === group ? denial.from : group.items.oldest;
    for (; left > 0 && entry !== undefined; left -= 1) {
      this.#leave(entry, 'denied');
      // What came after the denial is more recently used than anything that it ended.
      const { newer } = entry;
      entry = newer !== undefined && newer.number <= denial.upTo ? newer : undefined;
    }
    denial.from = entry;
    if (entry === undefined) this.#denied.delete(group);
    return left;
  }

  #remove(entry: DekEntry, departure: Departure): void {
    this.#leave(entry, departure);
    if (entry.departure !== undefined) this.#memory.remember(entry.key, entry.asHeld());
    this.#ungroup(entry);
    this.#entries.delete(entry.key);
  }

  #ungroup(entry: DekEntry): void {
    if (entry.group !== undefined) this.#groups.remove(entry.group, entry);
    entry.group = undefined;
    if (entry.departure !== undefined) this.#departed.remove(entry);
    entry.departure = undefined;
  }

  #leave(entry: DekEntry, departure: Departure): void {
    if (!entry.held) return;
    this.#zeroise(entry);
    entry.departure = departure;
    this.#departed.add(entry);
    const { first } = this.#departed;
    if (this.#departed.size <= this.#departedMax || first === undefined) return;
    this.#departed.remove(first);
    first.departure = undefined;
    this.#memory.overflow();
  }

  #zeroise(entry: DekEntry): void {
    if (!entry.held) return;
    this.#counters.dek(entry);
    this.#expiry.remove(entry);
    this.#keys.release(entry);
    entry.header = undefined;
    this.#size -= 1;
  }
}
