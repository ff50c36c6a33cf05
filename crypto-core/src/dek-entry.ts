import type { Lineage } from './dek-memory.ts';
import { type DekTable, real } from './dek-table.ts';
import { noSlot } from './key-slab.ts';
import type { Instant } from './steady-clock.ts';

/** A DEK as the KMS just gave it, or wrapped it. */
export interface LoadedDek {
  /** Of `cacheKey`. */
  key: string;
  workspace: string;
  keyUri: string;
  /** When the attempt that gave it was sent. */
  loaded: Instant;
  /** How long from then on it may be used. */
  leaseMs: number;
  /** Used this close to its lease's end, it is asked for again ahead. */
  refreshAheadMs: number;
  lineage: Lineage;
}

/**
 * A DEK's place in the cache as its user knows it: made anew whenever the DEK is found, and not kept by the cache. What
 * never changes is copied and can be read when the DEK has left; the rest is in the row, while that is this DEK's.
 */
export class DekEntry {
  readonly key: string;
  readonly workspace: string;
  readonly keyUri: string;
  /** Where its row is. */
  readonly slot: number;
  /** The number that its row has as long as it is this DEK's. */
  readonly number: number;
  /** By the monotonic clock, whole ms. */
  readonly loadedMonotonic: number;
  /** What its own envelopes begin with, where it is known to be a workspace's current DEK. */
  header: Buffer | undefined;
  readonly #table: DekTable;
  readonly #loadedWall: number;
  readonly #leaseMs: number;

  constructor(table: DekTable, slot: number) {
    this.key = table.key(slot);
    this.workspace = table.workspace(slot);
    this.keyUri = table.group(slot).key;
    this.slot = slot;
    this.number = table.real(slot, real.number);
    this.loadedMonotonic = table.real(slot, real.loadedMonotonic);
    this.header = undefined;
    this.#table = table;
    this.#loadedWall = table.real(slot, real.loadedWall);
    this.#leaseMs = table.real(slot, real.leaseMs);
  }

  /** Whether its key is in memory. */
  get held(): boolean {
    return this.keySlot !== noSlot;
  }

  /** Where its key lies; `noSlot` once it has left, whosever row and key are there now. */
  get keySlot(): number {
    return this.#table.keySlotOf(this.slot, this.number);
  }

  get uses(): number {
    return this.#isRow ? this.#table.real(this.slot, real.uses) : 0;
  }

  /** Used this close to its lease's end, it is asked for again ahead; 0 for never. */
  get refreshAheadMs(): number {
    return this.#isRow ? this.#table.real(this.slot, real.refreshAheadMs) : 0;
  }

  set refreshAheadMs(ms: number) {
    if (this.#isRow) this.#table.setReal(this.slot, real.refreshAheadMs, ms);
  }

  /** @throws where the DEK has left and its place is another's */
  get lineage(): Lineage {
    if (!this.#isRow) throw new Error('a DEK that was forgotten has no lineage');
    return {
      seq: this.#table.real(this.slot, real.seq),
      rootSeq: this.#table.real(this.slot, real.rootSeq),
      generation: this.#table.real(this.slot, real.generation),
    };
  }

  /** When the attempt that gave it was sent. */
  get loaded(): Instant {
    return { wall: this.#loadedWall, monotonic: this.loadedMonotonic };
  }

  get leaseEndsAt(): number {
    return this.#loadedWall + this.#leaseMs;
  }

  /** Ms until its lease ends by either clock; above 0 while it runs. */
  remainingMs({ wall, monotonic }: Instant): number {
    return Math.min(this.leaseEndsAt - wall, this.loadedMonotonic + this.#leaseMs - monotonic);
  }

  /** Whether it is to be asked for again ahead. */
  isDue(now: Instant): boolean {
    const { refreshAheadMs } = this;
    return refreshAheadMs > 0 && this.remainingMs(now) <= refreshAheadMs;
  }

  get #isRow(): boolean {
    return this.#table.real(this.slot, real.number) === this.number;
  }
}
