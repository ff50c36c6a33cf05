/** A setting: its manager sees a change at once, its users after a delay. */
export class Delayed<T> {
  #inForce: T;
  #coming: { value: T; inForceAt: number }[] = [];

  constructor(value: T) {
    this.#inForce = value;
  }

  /** The value set last. */
  get latest(): T {
    const last = this.#coming.at(-1);
    return last === undefined ? this.#inForce : last.value;
  }

  /** The value in force at an instant. Ask for instants in order of time. */
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
