/** Many texts in few bytes: packed one behind the other as UTF-8, outside of the heap. Each has a number from 0 on. */
import { hash } from 'node:crypto';
import { NumberColumn } from './number-column.ts';

const pageBytes = 1 << 20;

export class Texts {
  readonly #pages: Buffer[] = [];
  #used = pageBytes;
  /** Where each begins, counted over all pages. No text is longer than a page. */
  readonly #starts = new NumberColumn(Float64Array);
  readonly #lengths = new NumberColumn(Uint32Array);

  get size(): number {
    return this.#lengths.size;
  }

  /** The number of the text, which is added; what is longer than a page is cut. */
  push(text: string): number {
    const length = Math.min(pageBytes, Buffer.byteLength(text));
    if (this.#used + length > pageBytes) {
      this.#pages.push(Buffer.allocUnsafeSlow(pageBytes));
      this.#used = 0;
    }
    this.#pages.at(-1)?.write(text, this.#used, length);
    this.#starts.push((this.#pages.length - 1) * pageBytes + this.#used);
    this.#lengths.push(length);
    this.#used += length;
    return this.size - 1;
  }

  get(number: number): string {
    const { page, from, to } = this.#place(number);
    return page.toString('utf8', from, to);
  }

  /** Their order as bytes. */
  compare(one: number, other: number): number {
    const [a, b] = [this.#place(one), this.#place(other)];
    return a.page.compare(b.page, b.from, b.to, a.from, a.to);
  }

  #place(number: number): { page: Buffer; from: number; to: number } {
    const start = this.#starts.get(number);
    const page = this.#pages[Math.floor(start / pageBytes)];
    if (page === undefined) throw new RangeError(`no text of number ${number}`);
    const from = start % pageBytes;
    return { page, from, to: from + this.#lengths.get(number) };
  }
}

/** Each different text once. */
export class DistinctTexts {
  readonly #texts = new Texts();
  readonly #digests = new NumberColumn(Uint32Array);
  /** Where a digest leads to, the number of its text and 1; 0 is free. */
  #slots = new Uint32Array(1 << 10);

  /** The number of this text, added where it is new. */
  of(text: string): number {
    if (this.#texts.size * 4 >= this.#slots.length * 3) this.#grow();
    const digest = hash('sha1', text, 'buffer').readUInt32LE(0);
    let slot = this.#slotOf(digest);
    for (let taken = this.#slots[slot] ?? 0; taken !== 0; taken = this.#slots[slot] ?? 0) {
      if (this.#digests.get(taken - 1) === digest && this.#texts.get(taken - 1) === text)
        return taken - 1;
      slot = this.#slotOf(slot + 1);
    }
    this.#digests.push(digest);
    this.#slots[slot] = this.#texts.push(text) + 1;
    return this.#texts.size - 1;
  }

  get(number: number): string {
    return this.#texts.get(number);
  }

  #slotOf(digest: number): number {
    return digest & (this.#slots.length - 1);
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#texts.size; number += 1) {
      let slot = this.#slotOf(this.#digests.get(number));
      while (this.#slots[slot] !== 0) slot = this.#slotOf(slot + 1);
      this.#slots[slot] = number + 1;
    }
  }
}
