/** A column of numbers that grows, outside of the heap. */
type Numbers = Uint8Array | Uint32Array | Float64Array;

const rowsPerPage = 1 << 16;

export class NumberColumn {
  readonly #pages: Numbers[] = [];
  readonly #kind: new (
    length: number,
  ) => Numbers;
  size = 0;

  constructor(kind: new (length: number) => Numbers) {
    this.#kind = kind;
  }

  push(value: number): void {
    if (this.size % rowsPerPage === 0) this.#pages.push(new this.#kind(rowsPerPage));
    this.size += 1;
    this.set(this.size - 1, value);
  }

  set(row: number, value: number): void {
    const page = this.#pages[Math.floor(row / rowsPerPage)];
    if (page !== undefined) page[row % rowsPerPage] = value;
  }

  get(row: number): number {
    return this.#pages[Math.floor(row / rowsPerPage)]?.[row % rowsPerPage] ?? 0;
  }
}
