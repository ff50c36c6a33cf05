/** Values that many have in common: each distinct one once, by number. */
export class Distinct<T> {
  readonly #numbers = new Map<string, number>();
  readonly #values: T[] = [];

  /** The number of the value with this id, made where there is none. */
  of(id: string, make: () => T): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.#values.push(make()) - 1;
    this.#numbers.set(id, number);
    return number;
  }

  get(number: number): T {
    const value = this.#values[number];
    if (value === undefined) throw new RangeError(`no value of number ${number}`);
    return value;
  }

  entries(): IterableIterator<[number: number, value: T]> {
    return this.#values.entries();
  }
}
