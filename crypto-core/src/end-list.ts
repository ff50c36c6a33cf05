import type { DekEntry } from './dek-entry.ts';

/** DEKs in the order of their coming, linked by fields of their own: each is in one such list at most. */
export class EndList {
  first: DekEntry | undefined;
  #last: DekEntry | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(entry: DekEntry): void {
    entry.endsBefore = this.#last;
    if (this.#last === undefined) this.first = entry;
    else this.#last.endsAfter = entry;
    this.#last = entry;
    this.#size += 1;
  }

  remove(entry: DekEntry): void {
    const { endsBefore, endsAfter } = entry;
    if (endsBefore === undefined) this.first = endsAfter;
    else endsBefore.endsAfter = endsAfter;
    if (endsAfter === undefined) this.#last = endsBefore;
    else endsAfter.endsBefore = endsBefore;
    entry.endsBefore = undefined;
    entry.endsAfter = undefined;
    this.#size -= 1;
  }
}
