import { noSlot } from './key-slab.ts';

/** The place of each link in a DEK's row; a link is a slot. */
export const link = { older: 24, newer: 25, endsBefore: 26, endsAfter: 27 } as const;

type LinkField = (typeof link)[keyof typeof link];

/** The rows that are linked. */
interface LinkTable {
  int(slot: number, field: LinkField): number;
  setInt(slot: number, field: LinkField, value: number): void;
}

/** The two pairs of links in a row. A DEK is in at most one list by each pair. */
const linksOf = {
  use: { before: link.older, after: link.newer },
  end: { before: link.endsBefore, after: link.endsAfter },
} as const;

/** A list of rows in the order in which they were added, linked in the table. Every operation takes constant time. */
export class SlotList {
  readonly #table: LinkTable;
  readonly #before: (typeof linksOf)[keyof typeof linksOf]['before'];
  readonly #after: (typeof linksOf)[keyof typeof linksOf]['after'];
  #first = noSlot;
  #last = noSlot;
  #size = 0;

  constructor(table: LinkTable, by: keyof typeof linksOf) {
    this.#table = table;
    this.#before = linksOf[by].before;
    this.#after = linksOf[by].after;
  }

  /** The slot added first, or `noSlot`. */
  get first(): number {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  /** The slot added after this one, or `noSlot`. */
  after(slot: number): number {
    return this.#table.int(slot, this.#after);
  }

  /** Adds a slot that is in no list by these links, as the last. */
  add(slot: number): void {
    const last = this.#last;
    this.#table.setInt(slot, this.#before, last);
    this.#table.setInt(slot, this.#after, noSlot);
    if (last === noSlot) this.#first = slot;
    else this.#table.setInt(last, this.#after, slot);
    this.#last = slot;
    this.#size += 1;
  }

  remove(slot: number): void {
    const before = this.#table.int(slot, this.#before);
    const after = this.#table.int(slot, this.#after);
    if (before === noSlot) this.#first = after;
    else this.#table.setInt(before, this.#after, after);
    if (after === noSlot) this.#last = before;
    else this.#table.setInt(after, this.#before, before);
    this.#size -= 1;
  }

  /** Moves a slot of the list to its end. */
  touch(slot: number): void {
    if (slot === this.#last) return;
    this.remove(slot);
    this.add(slot);
  }
}
