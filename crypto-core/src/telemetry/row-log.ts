/** A row of a `RowLog`, which alone writes the links. */
export interface LoggedRow {
  readonly key: string;
  /** The row of this key before it. */
  sameKey: this | undefined;
  /** The row of any key after it. */
  later: this | undefined;
}

/** A search looks at so many rows of a key. An older row is begun again, and both are merged when they are taken. */
const lookBackMax = 8;

/** Rows of counts, until a reader takes them: found by key, dropped oldest first. */
export class RowLog<T extends LoggedRow> {
  #latest = new Map<string, T>();
  #oldest: T | undefined;
  #newest: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): T | undefined {
    return this.#oldest;
  }

  /** The last row of a key. */
  latest(key: string): T | undefined {
    return this.#latest.get(key);
  }

  /** One of the last rows of a key. */
  find(key: string, isIt: (row: T) => boolean): T | undefined {
    let row = this.#latest.get(key);
    for (let n = 0; n < lookBackMax && row !== undefined; n += 1, row = row.sameKey) {
      if (isIt(row)) return row;
    }
    return undefined;
  }

  add(row: T): void {
    row.sameKey = this.#latest.get(row.key);
    row.later = undefined;
    if (this.#newest === undefined) this.#oldest = row;
    else this.#newest.later = row;
    this.#newest = row;
    this.#latest.set(row.key, row);
    this.#size += 1;
  }

  dropOldest(): T | undefined {
    const dropped = this.#oldest;
    if (dropped === undefined) return undefined;
    this.#oldest = dropped.later;
    if (this.#oldest === undefined) this.#newest = undefined;
    this.#size -= 1;
    let after = this.#latest.get(dropped.key);
    if (after === dropped) this.#latest.delete(dropped.key);
    else {
      while (after?.sameKey !== undefined && after.sameKey !== dropped) after = after.sameKey;
      if (after !== undefined) after.sameKey = undefined;
    }
    return dropped;
  }

  /** Takes all rows, in the order in which they were begun. Rows of the same `identity` are merged. */
  take(identity: (row: T) => string, merge: (into: T, row: T) => void): T[] {
    const rows: T[] = [];
    const several = new Map<string, T>();
    for (let row = this.#oldest; row !== undefined; row = row.later) {
      const alone = row.sameKey === undefined && this.#latest.get(row.key) === row;
      const name = alone ? '' : identity(row);
      const known = alone ? undefined : several.get(name);
      if (known !== undefined) merge(known, row);
      else rows.push(row);
      if (!alone && known === undefined) several.set(name, row);
    }
    this.#latest = new Map();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#size = 0;
    return rows;
  }
}
