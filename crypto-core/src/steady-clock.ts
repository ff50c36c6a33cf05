import type { Runtime } from './runtime.ts';

/** One instant by both clocks. */
export interface Instant {
  /** Epoch ms, as the system says. */
  wall: number;
  /** Ms since some origin. Between two looks it advances at least as far as either clock did. */
  monotonic: number;
}

/** If the clocks disagree by more than this, one was set or stood still. */
const disagreementMsMax = 1_000;

/**
 * The time by which leases are measured. A wall clock may be set back, and a monotonic clock may stand still while the
 * machine sleeps: each can hide time that has passed. So time that either clock has shown to pass counts as passed.
 */
export class SteadyClock {
  readonly #runtime: Runtime;
  readonly #onJump: () => void;
  #wallAhead: number;
  #monotonicAhead = 0;
  #passed: number;
  #wall: number;

  /** `onJump` is called when a clock turns out to have been set or to have stood still. */
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
    // Small differences are the clocks' resolution: they would add up if each were corrected.
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
