import { type Ranked, RecencyList } from './recency-list.ts';

/** An entry of the map. */
class Remembered<V> implements Ranked {
  readonly key: string;
  readonly value: V;
  older: this | undefined;
  newer: this | undefined;

  constructor(key: string, value: V) {
    this.key = key;
    this.value = value;
  }
}

/**
 * A bounded map: when it is full, it forgets the entry that was set first. Every operation takes constant time;
 * deleting the first entry of a plain Map again and again does not.
 */
export class RecentMap<V> {
  readonly #entries = new Map<string, Remembered<V>>();
  readonly #order = new RecencyList<Remembered<V>>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Sets an entry as the latest; returns the values that were forgotten for it. */
  set(key: string, value: V): V[] {
    this.delete(key);
    const entry = new Remembered(key, value);
    this.#entries.set(key, entry);
    this.#order.add(entry);
    const forgotten: V[] = [];
    while (this.#entries.size > this.#max && this.#order.oldest !== undefined)
      forgotten.push(this.#forget(this.#order.oldest));
    return forgotten;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#forget(entry);
  }

  clear(): void {
    while (this.#order.oldest !== undefined) this.#forget(this.#order.oldest);
  }

  *values(): Generator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }

  #forget(entry: Remembered<V>): V {
    this.#order.remove(entry);
    this.#entries.delete(entry.key);
    return entry.value;
  }
}
