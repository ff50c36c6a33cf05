import { randomFillSync } from 'node:crypto';
import type { Runtime } from '@keytide/crypto-core';
import type { Clock } from '../domain/clock.ts';
import { seededRandom } from '../domain/seeded-random.ts';

/** Time that moves only when told; waiting moves it. Keys and nonces stay truly random. */
export class VirtualRuntime implements Runtime, Clock {
  readonly random: () => number;
  #now: number;

  constructor(options: { startMs: number; seed: number }) {
    this.#now = options.startMs;
    this.random = seededRandom(options.seed);
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  async sleep(ms: number): Promise<void> {
    this.#now += ms;
  }

  fill(buffer: Uint8Array): void {
    randomFillSync(buffer);
  }

  every(): () => void {
    return () => {};
  }

  /** Moves to an instant, never back. */
  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at);
  }
}
