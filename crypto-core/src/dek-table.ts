/**
 * One row of 128 bytes for each DEK in the cache, in pages outside V8's heap: on the heap, very many DEKs would make
 * garbage collection slow. Rows are reused, so a slot names a row, and a slot with its number names a DEK. The table
 * holds no key material.
 */
import type { KeyGroup } from './key-groups.ts';
import { noSlot } from './key-slab.ts';
import { link, type SlotList } from './slot-list.ts';
import type { Instant } from './steady-clock.ts';

const slotsPerPage = 1_024;
const slotBits = 10;
const slotMask = slotsPerPage - 1;
const rowBytes = 128;
const realsPerRow = rowBytes / Float64Array.BYTES_PER_ELEMENT;
const intsPerRow = rowBytes / Int32Array.BYTES_PER_ELEMENT;

/** The place of each 64-bit number in a row. */
export const real = {
  /** Given by the cache, rising from 1; 0 while the row is free. */
  number: 0,
  loadedMonotonic: 1,
  loadedWall: 2,
  leaseMs: 3,
  refreshAheadMs: 4,
  seq: 5,
  rootSeq: 6,
  generation: 7,
  uses: 8,
  /** The minute whose use is counted here, counted from the epoch. */
  minute: 9,
  minuteUses: 10,
  minuteBytes: 11,
} as const;

/** The place of each 32-bit number in a row, behind the others. */
export const int = {
  ...link,
  /** Its key in the slab; `noSlot` once the DEK has left, while its place in the LRU order and its history are kept. */
  keySlot: 28,
  /** 0, or one more than its index in `departures`. */
  departure: 29,
  /** 1 if the next roll-up reports this DEK's use. */
  active: 30,
} as const;

export type RealField = (typeof real)[keyof typeof real];
type IntField = (typeof int)[keyof typeof int];
/** Where a row begins in the arrays of its page. */
export const realsAt = (slot: number): number => (slot & slotMask) * realsPerRow;
export const intsAt = (slot: number): number => (slot & slotMask) * intsPerRow;

export type DekGroup = KeyGroup<SlotList>;

export interface Page {
  reals: Float64Array;
  ints: Int32Array;
  keys: string[];
  workspaces: string[];
  groups: (DekGroup | undefined)[];
}

export class DekTable {
  /** Never freed: as many as the most DEKs ever held at one time needed. */
  readonly #pages: Page[] = [];
  /** The first free row; free rows are linked by `newer`. */
  #free = noSlot;
  /** How many rows were ever used. */
  #taken = 0;

  /** Takes a row that is in no list; the caller writes its numbers. */
  take(key: string, workspace: string): number {
    let slot = this.#free;
    if (slot !== noSlot) this.#free = this.int(slot, int.newer);
    else {
      slot = this.#taken;
      this.#taken += 1;
      if (slot >> slotBits === this.#pages.length) this.#pages.push(newPage());
    }
    const page = this.page(slot);
    page.keys[slot & slotMask] = key;
    page.workspaces[slot & slotMask] = workspace;
    for (const link of links) this.setInt(slot, link, noSlot);
    this.setInt(slot, int.departure, 0);
    return slot;
  }

  /** Frees a row that is in no list. */
  release(slot: number): void {
    const page = this.page(slot);
    page.keys[slot & slotMask] = '';
    page.workspaces[slot & slotMask] = '';
    page.groups[slot & slotMask] = undefined;
    this.setReal(slot, real.number, 0);
    this.setInt(slot, int.newer, this.#free);
    this.#free = slot;
  }

  real(slot: number, field: RealField): number {
    return this.page(slot).reals[realsAt(slot) + field] ?? 0;
  }

  setReal(slot: number, field: RealField, value: number): void {
    this.page(slot).reals[realsAt(slot) + field] = value;
  }

  int(slot: number, field: IntField): number {
    return this.page(slot).ints[intsAt(slot) + field] ?? 0;
  }

  setInt(slot: number, field: IntField, value: number): void {
    this.page(slot).ints[intsAt(slot) + field] = value;
  }

  key(slot: number): string {
    return this.page(slot).keys[slot & slotMask] ?? '';
  }

  workspace(slot: number): string {
    return this.page(slot).workspaces[slot & slotMask] ?? '';
  }

  /** The group of all DEKs under the same key. */
  group(slot: number): DekGroup {
    const group = this.page(slot).groups[slot & slotMask];
    if (group === undefined) throw new Error('a DEK without a key was asked for');
    return group;
  }

  setGroup(slot: number, group: DekGroup): void {
    this.page(slot).groups[slot & slotMask] = group;
  }

  /** When its lease ends by the monotonic clock. */
  endsMonotonic(slot: number): number {
    return this.real(slot, real.loadedMonotonic) + this.real(slot, real.leaseMs);
  }

  leaseEndsAt(slot: number): number {
    return this.real(slot, real.loadedWall) + this.real(slot, real.leaseMs);
  }

  /** Ms until its lease ends by either clock; above 0 while it runs. */
  remainingMs(slot: number, { wall, monotonic }: Instant): number {
    const { reals } = this.page(slot);
    const at = realsAt(slot);
    const leaseMs = reals[at + real.leaseMs] ?? 0;
    const byWall = (reals[at + real.loadedWall] ?? 0) + leaseMs - wall;
    return Math.min(byWall, (reals[at + real.loadedMonotonic] ?? 0) + leaseMs - monotonic);
  }

  /** The page of a row; `realsAt` and `intsAt` say where in it. */
  page(slot: number): Page {
    const page = this.#pages[slot >> slotBits];
    if (page === undefined) throw new Error('there is no such row');
    return page;
  }
}

const links = [int.older, int.newer, int.endsBefore, int.endsAfter] as const;

function newPage(): Page {
  const rows = new ArrayBuffer(slotsPerPage * rowBytes);
  return {
    reals: new Float64Array(rows),
    ints: new Int32Array(rows),
    keys: [],
    workspaces: [],
    groups: [],
  };
}
