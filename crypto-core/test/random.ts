/** xorshift128: fast, and the same sequence on every machine. */
export class Random {
  #x = 123456789;
  #y = 362436069;
  #z = 521288629;
  #w: number;

  constructor(from: number) {
    this.#w = from | 1;
    for (let n = 0; n < 32; n += 1) this.next();
  }

  /** 32 bits. */
  next(): number {
    const t = this.#x ^ (this.#x << 11);
    [this.#x, this.#y, this.#z] = [this.#y, this.#z, this.#w];
    this.#w ^= (this.#w >>> 19) ^ t ^ (t >>> 8);
    return this.#w >>> 0;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return this.next() % below;
  }

  fill(bytes: Buffer): Buffer {
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = this.next();
    return bytes;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new RangeError('nothing to pick from');
    return one;
  }
}
