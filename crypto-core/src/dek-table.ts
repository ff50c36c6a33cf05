/**
 * What the cache keeps of each DEK: rows of 128 bytes in pages off V8's heap, where very many live DEKs would make a
 * collection dear and the heap large. A row that is given back is another DEK's next: a row is named by its slot, and
 * its DEK by the slot and the number that it got. No key material is here.
 */
import type { KeyGroup } from './key-groups.ts';
import { noSlot } from './key-slab.ts';
import type { SlotList } from './slot-list.ts';
import type { Instant } from './steady-clock.ts';

const slotsPerPage = 1_024;
const slotBits = 10;
const slotMask = slotsPerPage - 1;
const rowBytes = 128;
const realsPerRow = rowBytes / Float64Array.BYTES_PER_ELEMENT;
const intsPerRow = rowBytes / Int32Array.BYTES_PER_ELEMENT;

/** Where in its row a number lies. */
export const real = {
  /** The cache's own, rising from 1; 0 where the row is nobody's. */
  number: 0,
  loadedMonotonic: 1,
  loadedWall: 2,
  leaseMs: 3,
  refreshAheadMs: 4,
  seq: 5,
  rootSeq: 6,
  generation: 7,
  uses: 8,
  /** The minute it is in, counted from the epoch, and its use in it. */
  minute: 9,
  minuteUses: 10,
  minuteBytes: 11,
} as const;

/** Where in its row a whole number of 32 bits lies, behind the others; links are slots. */
export const int = {
  older: 24,
  newer: 25,
  endsBefore: 26,
  endsAfter: 27,
  /** Where its key lies. Without one the DEK has left, and its place in the order of use and its history are kept. */
  keySlot: 28,
  /** 0, or one more than its place in `departures`. */
  departure: 29,
  /** 1 where the slot is among those that are told of at the next roll-up. */
  active: 30,
} as const;

export type RealField = (typeof real)[keyof typeof real];
type IntField = (typeof int)[keyof typeof int];
/** Where a row's numbers begin in the arrays of its page. */
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
  /** Never given back to the system: what the most DEKs ever held at once took. */
  readonly #pages: Page[] = [];
  /** Rows that were given back, linked by `newer`. */
  #free = noSlot;
  /** Rows that were ever taken. */
  #taken = 0;

  /** A row for a DEK that is in no list; its numbers are the caller's to write. */
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

  /** Gives a row back that is in no list. */
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

  /** The DEKs of its key. */
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

  /** Where its row is, by `realsAt` and `intsAt`. */
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
