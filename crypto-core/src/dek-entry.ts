import type { Lineage } from './dek-memory.ts';
import {
  type DekGroup,
  type DekTable,
  int,
  intsAt,
  type Page,
  type RealField,
  real,
  realsAt,
} from './dek-table.ts';
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
  /** The DEKs of its key. */
  readonly group: DekGroup;
  /** Where its row is. */
  readonly slot: number;
  /** The number that its row has as long as it is this DEK's. */
  readonly number: number;
  /** By the monotonic clock, whole ms. */
  readonly loadedMonotonic: number;
  /** What its own envelopes begin with, where it is known to be a workspace's current DEK. */
  header: Buffer | undefined;
  /** Pages stay where they are: it need not be looked up again. */
  readonly #page: Page;
  readonly #loadedWall: number;
  readonly #leaseMs: number;

  constructor(table: DekTable, slot: number) {
    this.key = table.key(slot);
    this.workspace = table.workspace(slot);
    this.group = table.group(slot);
    this.slot = slot;
    this.number = table.real(slot, real.number);
    this.loadedMonotonic = table.real(slot, real.loadedMonotonic);
    this.header = undefined;
    this.#page = table.page(slot);
    this.#loadedWall = table.real(slot, real.loadedWall);
    this.#leaseMs = table.real(slot, real.leaseMs);
  }

  get keyUri(): string {
    return this.group.key;
  }

  /** Whether its key is in memory. */
  get held(): boolean {
    return this.keySlot !== noSlot;
  }

  /** Where its key lies; `noSlot` once it has left, whosever row and key are there now. */
  get keySlot(): number {
    return this.#isRow ? (this.#page.ints[intsAt(this.slot) + int.keySlot] ?? noSlot) : noSlot;
  }

  get uses(): number {
    return this.#isRow ? this.#real(real.uses) : 0;
  }

  /** Used this close to its lease's end, it is asked for again ahead; 0 for never. */
  get refreshAheadMs(): number {
    return this.#isRow ? this.#real(real.refreshAheadMs) : 0;
  }

  set refreshAheadMs(ms: number) {
    if (this.#isRow) this.#page.reals[realsAt(this.slot) + real.refreshAheadMs] = ms;
  }

  /** @throws where the DEK has left and its place is another's */
  get lineage(): Lineage {
    if (!this.#isRow) throw new Error('a DEK that was forgotten has no lineage');
    return {
      seq: this.#real(real.seq),
      rootSeq: this.#real(real.rootSeq),
      generation: this.#real(real.generation),
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

  /** Counts a use in a minute; false where its row is not yet in that minute or not active, or it has left. */
  count(minute: number, bytes: number): boolean {
    const { reals, ints } = this.#page;
    const at = realsAt(this.slot);
    if (reals[at + real.minute] !== minute || ints[intsAt(this.slot) + int.active] === 0)
      return false;
    if (!this.held) return false;
    reals[at + real.uses] = (reals[at + real.uses] ?? 0) + 1;
    reals[at + real.minuteUses] = (reals[at + real.minuteUses] ?? 0) + 1;
    reals[at + real.minuteBytes] = (reals[at + real.minuteBytes] ?? 0) + bytes;
    return true;
  }

  get #isRow(): boolean {
    return this.#real(real.number) === this.number;
  }

  #real(field: RealField): number {
    return this.#page.reals[realsAt(this.slot) + field] ?? 0;
  }
}
