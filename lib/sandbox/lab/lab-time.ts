/**
 * Time of a lab: it moves only when the lab moves it, so that each message is handled to its end at one instant,
 * however long the machine takes, and the same seed gives the same life. A wait of the engine's moves it too.
 */
import { randomFillSync } from 'node:crypto';
import type { Runtime } from '@keytide/crypto-core';
import type { Clock } from '../../domain/clock.ts';

export class LabTime implements Runtime, Clock {
  readonly random: () => number;
  readonly #sweeps = new Set<() => void>();
  #now: number;

  constructor({ startMs, random }: { startMs: number; random: () => number }) {
    this.#now = startMs;
    this.random = random;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Moves to an instant, never back. */
  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at);
  }

  async sleep(ms: number): Promise<void> {
    this.moveTo(this.#now + Math.ceil(ms));
  }

  fill(buffer: Uint8Array): void {
    randomFillSync(buffer);
  }

  /** What somebody waits for is a deadline, in wall time; the rest is housekeeping, which `sweep` does. */
  every(ms: number, task: () => void, keepAlive = false): () => void {
    if (!keepAlive) {
      this.#sweeps.add(task);
      return () => this.#sweeps.delete(task);
    }
    const timer = setInterval(task, ms);
    return () => clearInterval(timer);
  }

  sweep(): void {
    for (const task of this.#sweeps) task();
  }
}
