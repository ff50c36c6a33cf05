/** A setting as it is kept between runs. */
export interface DelayedState<T> {
  inForce: T;
  /** Set, and not yet in force; in order of time. */
  coming: { value: T; inForceAt: number }[];
}

/** A setting: its manager sees a change at once, its users after a delay. */
export class Delayed<T> {
  #inForce: T;
  readonly #coming: DelayedState<T>['coming'];

  constructor(value: T, coming: DelayedState<T>['coming'] = []) {
    this.#inForce = value;
    this.#coming = [...coming];
  }

  static restored<T>({ inForce, coming }: DelayedState<T>): Delayed<T> {
    return new Delayed(inForce, coming);
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

  /** As `at`, it is asked in order of time. */
  exportState(now: number): DelayedState<T> {
    return { inForce: this.at(now), coming: [...this.#coming] };
  }
}
