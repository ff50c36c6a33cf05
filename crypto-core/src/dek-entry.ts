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

/** A DEK that the KMS has just unwrapped or wrapped. */
export interface LoadedDek {
  /** Of `cacheKey`. */
  key: string;
  workspace: string;
  keyUri: string;
  /** When the KMS attempt that gave it was sent. */
  loaded: Instant;
  /** How long it may be used from then on. */
  leaseMs: number;
  /** A use this close to the lease's end makes the engine ask the KMS again. */
  refreshAheadMs: number;
  lineage: Lineage;
}

/**
 * A reference to a DEK in the cache, made whenever the DEK is found. Values that never change are copied here and stay
 * readable after the DEK has left the cache. All others are read from its row in the table, while the row is still its.
 */
export class DekEntry {
  readonly key: string;
  readonly workspace: string;
  /** The group of all DEKs under the same key. */
  readonly group: DekGroup;
  /** Its row in the table. */
  readonly slot: number;
  /** The row holds this number for as long as it is this DEK's row. */
  readonly number: number;
  /** By the monotonic clock, whole ms. */
  readonly loadedMonotonic: number;
  /** The header of its envelopes; known only for a workspace's current DEK. */
  header: Buffer | undefined;
  /** Kept, because the table never moves a page. */
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

  /** Its key in the slab; `noSlot` once the DEK has left, even if its row is another DEK's by now. */
  get keySlot(): number {
    return this.#isRow ? (this.#page.ints[intsAt(this.slot) + int.keySlot] ?? noSlot) : noSlot;
  }

  get uses(): number {
    return this.#isRow ? this.#real(real.uses) : 0;
  }

  /** A use this close to the lease's end makes the engine ask the KMS again; 0 for never. */
  get refreshAheadMs(): number {
    return this.#isRow ? this.#real(real.refreshAheadMs) : 0;
  }

  set refreshAheadMs(ms: number) {
    if (this.#isRow) this.#page.reals[realsAt(this.slot) + real.refreshAheadMs] = ms;
  }

  /** @throws if the DEK has left and its row was reused */
  get lineage(): Lineage {
    if (!this.#isRow) throw new Error('a DEK that was forgotten has no lineage');
    return {
      seq: this.#real(real.seq),
      rootSeq: this.#real(real.rootSeq),
      generation: this.#real(real.generation),
    };
  }

  /** When the KMS attempt that gave it was sent. */
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

  /** Whether a use now makes the engine ask the KMS again, ahead of the lease's end. */
  isDue(now: Instant): boolean {
    const { refreshAheadMs } = this;
    return refreshAheadMs > 0 && this.remainingMs(now) <= refreshAheadMs;
  }

  /** Counts a use in a minute; false if the row counts another minute or is not active, or the DEK has left. */
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
