/** A value whose changes are seen at once by those who manage it, and take a while to be in force. */
export class Delayed<T> {
  #inForce: T;
  #coming: { value: T; inForceAt: number }[] = [];

  constructor(value: T) {
    this.#inForce = value;
  }

  /** What was asked for last. */
  get latest(): T {
    const last = this.#coming.at(-1);
    return last === undefined ? this.#inForce : last.value;
  }

  /** What is in force at an instant; instants never go back. */
  at(now: number): T {
    for (let next = this.#coming[0]; next !== undefined && next.inForceAt <= now; ) {
      this.#inForce = next.value;
      this.#coming.shift();
      next = this.#coming[0];
    }
    return this.#inForce;
  }

  change(value: T, inForceAt: number): void {
    this.#coming.push({ value, inForceAt });
  }
}
