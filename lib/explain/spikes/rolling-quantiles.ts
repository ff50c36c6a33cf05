/** Quantiles of the last values of a series, kept sorted as they come and go. */
export class RollingQuantiles {
  readonly #order: Float64Array;
  readonly #sorted: Float64Array;
  #length = 0;
  /** Where the next value goes in `#order`; once that is full, the oldest is there. */
  #next = 0;

  /** @param size how many values are kept, at least 1. */
  constructor(size: number) {
    this.#order = new Float64Array(size);
    this.#sorted = new Float64Array(size);
  }

  get length(): number {
    return this.#length;
  }

  /** Takes a value in, which must not be NaN; beyond `size` the oldest leaves. */
  push(value: number): void {
    const sorted = this.#sorted;
    const full = this.#length === sorted.length;
    // The place that becomes free: the oldest's, or the one behind the last.
    let free = full ? this.#placeOf(this.#order[this.#next] ?? 0) : this.#length;
    if (!full) this.#length += 1;
    while (free > 0 && (sorted[free - 1] ?? 0) > value) {
      sorted[free] = sorted[free - 1] ?? 0;
      free -= 1;
    }
    while (free + 1 < this.#length && (sorted[free + 1] ?? 0) < value) {
      sorted[free] = sorted[free + 1] ?? 0;
      free += 1;
    }
    sorted[free] = value;
    this.#order[this.#next] = value;
    this.#next = (this.#next + 1) % sorted.length;
  }

  /** The quantile at `q` in [0, 1], by linear interpolation; 0 of nothing. */
  at(q: number): number {
    return quantileOf(this.#sorted, q, this.#length);
  }

  #placeOf(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The quantile at `q` in [0, 1] of the first `length` sorted values, by linear interpolation; 0 of none. */
export function quantileOf(sorted: Float64Array, q: number, length = sorted.length): number {
  if (length === 0) return 0;
  const place = q * (length - 1);
  const floor = Math.floor(place);
  const below = sorted[floor] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - floor);
}

/** The last values of a series: the least at any time for little, all of them where they are asked for. */
export class RollingLeast {
  readonly #order: Float64Array;
  #count = 0;
  /** Numbers of values that no later one undercuts, oldest first, from `#head` on. */
  #rising: number[] = [];
  #head = 0;

  /** @param size how many values are kept, at least 1. */
  constructor(size: number) {
    this.#order = new Float64Array(size);
  }

  get length(): number {
    return Math.min(this.#count, this.#order.length);
  }

  /** 0 of nothing. */
  get least(): number {
    return this.#valueOf(this.#rising[this.#head]);
  }

  /** Takes a value in, which must not be NaN; beyond `size` the oldest leaves. */
  push(value: number): void {
    const rising = this.#rising;
    const size = this.#order.length;
    if (rising[this.#head] === this.#count - size) this.#head += 1;
    while (rising.length > this.#head && this.#valueOf(rising.at(-1)) >= value) rising.pop();
    rising.push(this.#count);
    this.#order[this.#count % size] = value;
    this.#count += 1;
    if (this.#head < size) return;
    this.#rising = rising.slice(this.#head);
    this.#head = 0;
  }

  sorted(): Float64Array {
    return this.#order.slice(0, this.length).sort();
  }

  #valueOf(number: number | undefined): number {
    return number === undefined ? 0 : (this.#order[number % this.#order.length] ?? 0);
  }
}
