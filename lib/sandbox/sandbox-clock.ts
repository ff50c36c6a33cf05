import type { Clock } from '../domain/clock.ts';

export interface SandboxClockOptions {
  /** The real clock that drives this one; only its monotonic side is read. */
  wall: Clock;
  /** Sandbox time at the start, epoch ms, whole. */
  startMs: number;
  /** Sandbox ms per wall ms, 0 to 3600; 0 stands still and is moved by `jumpTo` (virtual time). */
  speed: number;
}

const speedMax = 3600;

/**
 * Sandbox time: runs at a multiple of wall time and never goes back. Wall and monotonic side move
 * as one.
 */
export class SandboxClock implements Clock {
  readonly #wall: Clock;
  readonly #startMs: number;
  #speed: number;
  #anchorWallMs: number;
  #anchorElapsedMs = 0;

  constructor({ wall, startMs, speed }: SandboxClockOptions) {
    if (!Number.isSafeInteger(startMs)) throw new RangeError('startMs must be whole epoch ms');
    this.#wall = wall;
    this.#startMs = startMs;
    this.#speed = checkedSpeed(speed);
    this.#anchorWallMs = wall.monotonic();
  }

  now(): number {
    return this.#startMs + Math.floor(this.monotonic());
  }

  monotonic(): number {
    return this.#anchorElapsedMs + (this.#wall.monotonic() - this.#anchorWallMs) * this.#speed;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Changes the speed from now on; time already passed stays as it was. */
  setSpeed(speed: number): void {
    const checked = checkedSpeed(speed);
    this.#anchor(this.monotonic());
    this.#speed = checked;
  }

  /** Moves forward to an instant (epoch ms) and runs on from there. */
  jumpTo(ms: number): void {
    if (!Number.isSafeInteger(ms) || ms < this.now()) {
      throw new RangeError('jumpTo: ms must be whole epoch ms and not before now');
    }
    // The fraction of a millisecond already passed stays, so that monotonic never goes back.
    this.#anchor(Math.max(this.monotonic(), ms - this.#startMs));
  }

  #anchor(elapsedMs: number): void {
    this.#anchorElapsedMs = elapsedMs;
    this.#anchorWallMs = this.#wall.monotonic();
  }
}

function checkedSpeed(speed: number): number {
  if (!(speed >= 0 && speed <= speedMax)) {
    throw new RangeError(`speed must be between 0 and ${speedMax}`);
  }
  return speed;
}
