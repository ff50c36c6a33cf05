/** Numbers texts in the order in which they come. */
export class Numbers {
  readonly #known = new Map<string, number>();
  readonly names: string[] = [];

  of(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.#known.set(name, number);
    this.names.push(name);
    return number;
  }

  get size(): number {
    return this.names.length;
  }
}
