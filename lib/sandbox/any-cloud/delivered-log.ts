/** A log whose entries arrive after delays of their own, so out of order. */
import { type RandomBytes, uniform } from './random-ids.ts';

export interface DeliveryOptions {
  /** Delay until an entry can be read, ms of sandbox time; drawn uniformly for each entry. */
  delayMs: { min: number; max: number };
  /** Share of entries, in [0, 1], that arrive a second time later (delivery is at least once). Default 0. */
  repeatShare?: number;
  /** Entries kept; beyond it those that arrived first go. Default 500,000. */
  entriesMax?: number;
}

export interface Arrival<T> {
  readonly arrivedAt: number;
  readonly entry: T;
}

const entriesMaxDefault = 500_000;

export class DeliveredLog<T> {
  readonly #options: DeliveryOptions;
  readonly #random: RandomBytes;
  /** In order of arrival, entries still on their way included. */
  #arrivals: Arrival<T>[] = [];
  #dropped = 0;

  constructor(random: RandomBytes, options: DeliveryOptions) {
    const { min, max } = options.delayMs;
    if (!(min >= 0 && max >= min && Number.isFinite(max)))
      throw new RangeError('delayMs must have 0 <= min <= max');
    this.#options = options;
    this.#random = random;
  }

  /** Takes an entry that is written now; nothing ever arrives in the past. Says when it will have arrived. */
  add(entry: T, now: number): number[] {
    const { delayMs, repeatShare = 0 } = this.#options;
    const arrivals = [now + this.#delay()];
    if (repeatShare > 0 && uniform(this.#random) < repeatShare)
      arrivals.push(now + delayMs.max + this.#delay());
    this.restore(entry, arrivals);
    return arrivals;
  }

  /** Takes an entry of an earlier run, with what `add` said of it. */
  restore(entry: T, arrivals: readonly number[]): void {
    const { entriesMax = entriesMaxDefault } = this.#options;
    for (const arrivedAt of arrivals) this.#insert({ arrivedAt, entry });
    // Cutting the array now and then is cheaper than at each entry.
    const excess = this.#arrivals.length - entriesMax;
    if (excess <= entriesMax / 10) return;
    this.#arrivals = this.#arrivals.slice(excess);
    this.#dropped += excess;
  }

  /** How many entries have arrived by an instant, dropped ones included. */
  countUpTo(ms: number): number {
    return this.#dropped + this.#indexAfter(ms);
  }

  /** Entries number `from` to `to` in order of arrival; a later arrival never gets an earlier number. */
  *between(from: number, to: number): Generator<Arrival<T>> {
    for (let count = Math.max(from, this.#dropped); count < to; count += 1) {
      const arrival = this.#arrivals[count - this.#dropped];
      if (arrival !== undefined) yield arrival;
    }
  }

  #delay(): number {
    const { min, max } = this.#options.delayMs;
    return max === min ? min : Math.round(min + uniform(this.#random) * (max - min));
  }

  #insert(arrival: Arrival<T>): void {
    const last = this.#arrivals.at(-1);
    if (last === undefined || last.arrivedAt <= arrival.arrivedAt) this.#arrivals.push(arrival);
    else this.#arrivals.splice(this.#indexAfter(arrival.arrivedAt), 0, arrival);
  }

  #indexAfter(ms: number): number {
    let low = 0;
    let high = this.#arrivals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#arrivals[middle]?.arrivedAt ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
