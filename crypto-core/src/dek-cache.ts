/**
 * Plaintext DEKs in memory. A DEK is usable until its lease ends by the wall clock or the monotonic clock, whichever
 * comes first; at that very instant it is expired. A DEK that leaves the cache is zeroised. One whose lease ended keeps
 * its place in the LRU order until it is loaded again or evicted: the sweep never changes which DEK is evicted.
 */
import { DekEntry, type LoadedDek } from './dek-entry.ts';
import { DekMemory, type Departure, type Held, type LoadReason } from './dek-memory.ts';
import { type DekGroup, DekTable, int, real } from './dek-table.ts';
import { ExpiryIndex } from './expiry-index.ts';
import { KeyGroups } from './key-groups.ts';
import { type DataKey, KeySlab, noSlot } from './key-slab.ts';
import { SlotList } from './slot-list.ts';
import type { Instant } from './steady-clock.ts';
import { type Counters, minuteOf } from './telemetry/counters.ts';
import type { Leases } from './telemetry/port.ts';

export interface DekCacheOptions {
  counters: Counters;
  capacity: number;
  heldMemoryMax: number;
  ttlMs: number;
  /** Resolves in a later turn of the event loop. */
  nextTurn: () => Promise<void>;
  /** Memory for the keys. Default its own. */
  keys?: KeySlab;
}

interface Denial {
  /** DEKs up to this number may no longer be used. */
  upTo: number;
  /** Where zeroising goes on; undefined to begin with the key's oldest DEK. */
  from: { slot: number; number: number } | undefined;
}

/** DEKs zeroised in one turn of the event loop. The others are unusable at once and zeroised in later turns. */
const perTurnMax = 4_096;
const departures = ['expired', 'evicted', 'denied'] as const satisfies readonly Departure[];

export class DekCache {
  /** Live DEKs, and those that left but keep their place in the LRU order. */
  readonly #table = new DekTable();
  /** The slot of each, by `cacheKey`. */
  readonly #slots = new Map<string, number>();
  /** The same slots by KMS key, least recently used first. */
  readonly #groups = new KeyGroups<number, SlotList>(() => new SlotList(this.#table, 'use'));
  readonly #expiry: ExpiryIndex;
  readonly #keys: KeySlab;
  readonly #memory: DekMemory;
  /** DEKs that left and whose history is still known, in the order in which they left. */
  readonly #departed = new SlotList(this.#table, 'end');
  readonly #departedMax: number;
  readonly #counters: Counters;
  readonly #capacity: number;
  readonly #nextTurn: () => Promise<void>;
  /** Slots of DEKs used since the last roll-up. A DEK may have left since, and its slot may be reused. */
  #active: number[] = [];
  /** Denied keys whose DEKs are not all zeroised yet. */
  readonly #denied = new Map<DekGroup, Denial>();
  /** The number of the latest DEK. */
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
    this.#expiry = new ExpiryIndex(this.#table, options.ttlMs);
  }

  /** Plaintext DEKs in memory. */
  get size(): number {
    return this.#size;
  }

  /** The DEK if its lease still runs, made the most recently used one. If its lease ended, it is zeroised. */
  hit(key: string, now: Instant): DekEntry | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || !this.#isHeld(slot)) return undefined;
    const entry = new DekEntry(this.#table, slot);
    return this.holds(entry, now) ? entry : undefined;
  }

  /** Does as `hit`, for a DEK that was found before. */
  holds(entry: DekEntry, now: Instant): boolean {
    if (!entry.held) return false;
    const { slot } = entry;
    const isDenied = this.#isDenied(slot);
    if (isDenied || entry.remainingMs(now) <= 0) {
      this.#leave(slot, isDenied ? 'denied' : 'expired');
      return false;
    }
    this.#groups.touch(entry.group, slot);
    return true;
  }

  /** The key for one use; the caller must not keep it. */
  keyOf(entry: DekEntry): DataKey {
    const { keySlot } = entry;
    // OpenSSL's copy is made for a second use; most DEKs of an old archive are used once.
    if (keySlot !== noSlot && entry.uses > 0) return this.#keys.keyObject(keySlot);
    return this.#keys.bytes(keySlot);
  }

  /** Whether a header holds the commitment of this DEK; nothing else in it is looked at. */
  commits(entry: DekEntry, header: Buffer): boolean {
    return this.#keys.commits(entry.keySlot, header);
  }

  /**
   * Adds a DEK that the KMS has just unwrapped or wrapped, with a copy of its key. Beyond capacity, the KMS key that
   * has the most DEKs loses its least recently used one.
   */
  put(dek: LoadedDek, key: { dataKey: Uint8Array; commitment: Uint8Array }): DekEntry {
    this.#memory.resume(dek.key, dek.keyUri);
    const known = this.#slots.get(dek.key);
    if (known !== undefined) {
      this.#zeroise(known);
      this.#giveBack(known);
    }
    const slot = this.#take(dek);
    this.#table.setInt(slot, int.keySlot, this.#keys.take(key));
    this.#slots.set(dek.key, slot);
    this.#table.setGroup(slot, this.#groups.add(dek.keyUri, slot));
    this.#expiry.add(slot);
    this.#size += 1;
    const entry = new DekEntry(this.#table, slot);
    while (this.#slots.size > this.#capacity) {
      const displaced = this.#groups.largest?.items.first;
      if (displaced === undefined) break;
      this.#remove(displaced, 'evicted');
    }
    return entry;
  }

  /** Whether adding so many DEKs could evict others. */
  mayEvict(more: number): boolean {
    return this.#slots.size + more > this.#capacity;
  }

  /** Zeroises and removes one DEK that the KMS no longer gives. */
  drop(key: string): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#remove(slot, 'denied');
  }

  /** Makes every DEK under a denied key unusable at once, and zeroises them all. */
  deny(keyUri: string, at: Instant): void {
    this.#memory.deny(keyUri, at);
    const group = this.#groups.get(keyUri);
    if (group === undefined) return;
    this.#denied.set(group, { upTo: this.#number, from: undefined });
    this.sweep(at);
  }

  /** Whether the key was denied after this instant: then an answer to a request sent at it is void. */
  deniedSince(keyUri: string, sent: Instant): boolean {
    return this.#memory.deniedSince(keyUri, sent);
  }

  /** Zeroises denied and expired DEKs: a bounded number in this turn, the rest in the next turns. */
  sweep(now: Instant): void {
    if (this.#sweeping) return;
    let left = perTurnMax;
    for (const [group, denial] of this.#denied) {
      left = this.#zeroiseDenied(group, denial, left);
      if (left === 0) break;
    }
    for (const slot of this.#expiry.ended(now)) {
      if (left === 0) break;
      this.#leave(slot, 'expired');
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
    for (const slot of this.#slots.values()) this.#remove(slot, 'evicted');
    this.#denied.clear();
  }

  /** Reports the current minute of every DEK in use, for a roll-up. */
  flushActivity(): void {
    const active = this.#active;
    this.#active = [];
    for (const slot of active) {
      this.#table.setInt(slot, int.active, 0);
      this.#tell(slot);
    }
  }

  /** Counts a use of a held DEK in a minute, counted from the epoch. */
  count(entry: DekEntry, minute: number, bytes: number): void {
    if (entry.count(minute, bytes) || !entry.held) return;
    const { slot } = entry;
    const table = this.#table;
    if (table.real(slot, real.minute) !== minute) {
      this.#tell(slot);
      table.setReal(slot, real.minute, minute);
    }
    if (table.int(slot, int.active) === 0) {
      table.setInt(slot, int.active, 1);
      this.#active.push(slot);
    }
    entry.count(minute, bytes);
  }

  *entries(): IterableIterator<DekEntry> {
    for (const slot of this.#slots.values()) {
      if (this.#isHeld(slot) && !this.#isDenied(slot)) yield new DekEntry(this.#table, slot);
    }
  }

  /** How long the leases still run, and how old the oldest one is. */
  leases(now: Instant): Leases {
    return this.#expiry.leases(now);
  }

  /** Why a DEK must be loaded that is not live at `at`. */
  loadReason(dek: { key: string; keyUri: string }, at: number): LoadReason {
    const slot = this.#slots.get(dek.key);
    // A lease under the key that the workspace had before is not an earlier lease of this DEK.
    const known =
      slot !== undefined &&
      this.#table.group(slot).key === dek.keyUri &&
      (this.#isHeld(slot) || this.#departureOf(slot) !== undefined);
    return this.#memory.loadReason(dek, known ? this.#asHeld(slot) : undefined, at);
  }

  /** Writes a row for a new DEK. */
  #take({ key, workspace, loaded, leaseMs, refreshAheadMs, lineage }: LoadedDek): number {
    this.#number += 1;
    const table = this.#table;
    const slot = table.take(key, workspace);
    table.setReal(slot, real.number, this.#number);
    table.setReal(slot, real.loadedMonotonic, Math.floor(loaded.monotonic));
    table.setReal(slot, real.loadedWall, loaded.wall);
    table.setReal(slot, real.leaseMs, leaseMs);
    table.setReal(slot, real.refreshAheadMs, refreshAheadMs);
    table.setReal(slot, real.seq, lineage.seq);
    table.setReal(slot, real.rootSeq, lineage.rootSeq);
    table.setReal(slot, real.generation, lineage.generation);
    table.setReal(slot, real.uses, 0);
    table.setReal(slot, real.minute, minuteOf(loaded.wall));
    table.setReal(slot, real.minuteUses, 0);
    table.setReal(slot, real.minuteBytes, 0);
    return slot;
  }

  #isHeld(slot: number): boolean {
    return this.#table.int(slot, int.keySlot) !== noSlot;
  }

  #isDenied(slot: number): boolean {
    if (this.#denied.size === 0) return false;
    const upTo = this.#denied.get(this.#table.group(slot))?.upTo ?? 0;
    return this.#table.real(slot, real.number) <= upTo;
  }

  #departureOf(slot: number): Departure | undefined {
    return departures[this.#table.int(slot, int.departure) - 1];
  }

  /** The last lease of a DEK, in the form in which it is remembered. */
  #asHeld(slot: number): Held {
    return {
      loadedAt: this.#table.real(slot, real.loadedMonotonic),
      leaseEndsAt: this.#table.leaseEndsAt(slot),
      departure: this.#departureOf(slot) ?? 'expired',
      seq: this.#table.real(slot, real.seq),
      rootSeq: this.#table.real(slot, real.rootSeq),
      generation: this.#table.real(slot, real.generation),
    };
  }

  /** Zeroises at most so many DEKs of a denied key; returns how many more this turn may zeroise. */
  #zeroiseDenied(group: DekGroup, denial: Denial, most: number): number {
    let left = most;
    const { from } = denial;
    // If that DEK was removed meanwhile, begin again.
    const isThere = from !== undefined && this.#table.real(from.slot, real.number) === from.number;
    let slot = isThere ? from.slot : group.items.first;
    for (; left > 0 && slot !== noSlot; left -= 1) {
      this.#leave(slot, 'denied');
      slot = group.items.after(slot);
      // A DEK that came after the denial is more recently used than all that were denied: the rest are newer still.
      if (slot !== noSlot && this.#table.real(slot, real.number) > denial.upTo) slot = noSlot;
    }
    if (slot === noSlot) this.#denied.delete(group);
    else denial.from = { slot, number: this.#table.real(slot, real.number) };
    return left;
  }

  #remove(slot: number, departure: Departure): void {
    this.#leave(slot, departure);
    const key = this.#table.key(slot);
    if (this.#departureOf(slot) !== undefined) this.#memory.remember(key, this.#asHeld(slot));
    this.#giveBack(slot);
    this.#slots.delete(key);
  }

  /** Frees the row of a DEK that has left. */
  #giveBack(slot: number): void {
    this.#groups.remove(this.#table.group(slot), slot);
    if (this.#departureOf(slot) !== undefined) this.#departed.remove(slot);
    this.#table.release(slot);
  }

  #leave(slot: number, departure: Departure): void {
    if (!this.#isHeld(slot)) return;
    this.#zeroise(slot);
    this.#table.setInt(slot, int.departure, departures.indexOf(departure) + 1);
    this.#departed.add(slot);
    if (this.#departed.size <= this.#departedMax) return;
    const { first } = this.#departed;
    this.#departed.remove(first);
    this.#table.setInt(first, int.departure, 0);
    this.#memory.overflow();
  }

  #zeroise(slot: number): void {
    if (!this.#isHeld(slot)) return;
    this.#tell(slot);
    this.#expiry.remove(slot);
    this.#keys.release(this.#table.int(slot, int.keySlot));
    this.#table.setInt(slot, int.keySlot, noSlot);
    this.#size -= 1;
  }

  /** Reports the use of the DEK in the minute that is counted, once. */
  #tell(slot: number): void {
    const table = this.#table;
    const minuteUses = table.real(slot, real.minuteUses);
    if (minuteUses === 0) return;
    this.#counters.dek({
      key: table.key(slot),
      workspace: table.workspace(slot),
      minute: table.real(slot, real.minute),
      minuteUses,
      minuteBytes: table.real(slot, real.minuteBytes),
    });
    table.setReal(slot, real.minuteUses, 0);
    table.setReal(slot, real.minuteBytes, 0);
  }
}
