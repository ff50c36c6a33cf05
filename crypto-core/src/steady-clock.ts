import type { Runtime } from './runtime.ts';

/** One instant by both clocks. */
export interface Instant {
  /** Epoch ms, as the system says. */
  wall: number;
  /** Ms that have passed since some origin: never less, between two looks, than either clock says. */
  monotonic: number;
}

/** Clocks that disagree by more than this have been set, or one of them stood still. */
const disagreementMsMax = 1_000;

/**
 * Time that only a lease should be measured by. A wall clock that is set back and a monotonic clock that stands still
 * while the machine sleeps would each hide time that has passed, and one after the other they would hide it from a
 * comparison of both. So what either clock has shown to pass stays passed.
 */
export class SteadyClock {
  readonly #runtime: Runtime;
  readonly #onJump: () => void;
  #wallAhead: number;
  #monotonicAhead = 0;
  #passed: number;
  #wall: number;

  /** `onJump` is called when a clock was found to have been set or to have stood still. */
  constructor(runtime: Runtime, onJump: () => void = () => {}) {
    this.#runtime = runtime;
    this.#onJump = onJump;
    this.#passed = runtime.monotonic();
    this.#wall = runtime.now();
    this.#wallAhead = this.#passed - this.#wall;
  }

  /** The wall clock at the last look. */
  get wall(): number {
    return this.#wall;
  }

  now(): Instant {
    const wall = this.#runtime.now();
    const monotonic = this.#runtime.monotonic();
    const byWall = wall + this.#wallAhead;
    const byMonotonic = monotonic + this.#monotonicAhead;
    const passed = Math.max(this.#passed, byWall, byMonotonic);
    // Small differences are left alone: they are the clocks' grain, and would add up if each were kept.
    if (passed - byWall > disagreementMsMax) {
      this.#wallAhead = passed - wall;
      this.#onJump();
    }
    if (passed - byMonotonic > disagreementMsMax) {
      this.#monotonicAhead = passed - monotonic;
      this.#onJump();
    }
    this.#passed = passed;
    this.#wall = wall;
    return { wall, monotonic: passed };
  }
}
