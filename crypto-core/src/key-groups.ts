/**
 * Items grouped by key, each group in the order of use, and the group that has the most items. When room is needed, the
 * largest group gives it, so that no key can displace another's items. Every operation takes constant time.
 */
import { type Ranked, RecencyList } from './recency-list.ts';

/** Items in the order of use, as `RecencyList` has them. */
interface Order<T> {
  add(item: T): void;
  remove(item: T): void;
  touch(item: T): void;
}

/** The items of one key. Only `KeyGroups` writes to it. */
export class KeyGroup<L> implements Ranked {
  readonly key: string;
  readonly items: L;
  size = 0;
  older: this | undefined;
  newer: this | undefined;

  constructor(key: string, items: L) {
    this.key = key;
    this.items = items;
  }
}

export class KeyGroups<T, L extends Order<T>> {
  readonly #groups = new Map<string, KeyGroup<L>>();
  /** The groups of each size, least recently used first. */
  readonly #bySize = new Map<number, RecencyList<KeyGroup<L>>>();
  readonly #newOrder: () => L;
  #sizeMost = 0;
  #size = 0;

  constructor(newOrder: () => L) {
    this.#newOrder = newOrder;
  }

  /** How many items there are under all keys. */
  get size(): number {
    return this.#size;
  }

  /** The group with the most items; of several, the least recently used one. */
  get largest(): KeyGroup<L> | undefined {
    return this.#bySize.get(this.#sizeMost)?.oldest;
  }

  get(key: string): KeyGroup<L> | undefined {
    return this.#groups.get(key);
  }

  /** Adds an item that is in no group, as the most recently used one of its key; its group becomes so too. */
  add(key: string, item: T): KeyGroup<L> {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new KeyGroup(key, this.#newOrder());
      this.#groups.set(key, group);
    } else this.#ofSize(group.size).remove(group);
    group.items.add(item);
    this.#size += 1;
    this.#resize(group, group.size + 1);
    return group;
  }

  remove(group: KeyGroup<L>, item: T): void {
    group.items.remove(item);
    this.#size -= 1;
    this.#ofSize(group.size).remove(group);
    this.#resize(group, group.size - 1);
  }

  /** Makes an item of the group the most recently used one. */
  touch(group: KeyGroup<L>, item: T): void {
    group.items.touch(item);
    if (group.newer !== undefined) this.#ofSize(group.size).touch(group);
  }

  #resize(group: KeyGroup<L>, size: number): void {
    group.size = size;
    if (size > 0) this.#ofSize(size).add(group);
    else this.#groups.delete(group.key);
    if (size > this.#sizeMost) this.#sizeMost = size;
    // The last group of the largest size lost one item, so the next size down is the largest now.
    else if (this.#bySize.get(this.#sizeMost)?.oldest === undefined)
      this.#sizeMost = Math.max(0, this.#sizeMost - 1);
    this.#forgetEmpty(size + 1);
    this.#forgetEmpty(size - 1);
  }

  #ofSize(size: number): RecencyList<KeyGroup<L>> {
    let list = this.#bySize.get(size);
    if (list === undefined) {
      list = new RecencyList();
      this.#bySize.set(size, list);
    }
    return list;
  }

  #forgetEmpty(size: number): void {
    if (this.#bySize.get(size)?.oldest === undefined) this.#bySize.delete(size);
  }
}
