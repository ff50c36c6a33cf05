import { randomFillSync } from 'node:crypto';
// The global `performance` is an accessor in Node, which every operation would call.
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

/** Where the engine gets time, randomness and waiting. Tests and replays pass their own. */
export interface Runtime {
  /** Wall clock, epoch ms UTC. */
  now(): number;
  /** Milliseconds since any origin; they never go back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1), for jitter only, never for keys. */
  random(): number;
  /** Fills the buffer with cryptographically strong bytes: DEKs, nonces, ids. */
  fill(buffer: Uint8Array): void;
  /**
   * Calls `task` every `ms` until the returned function is called. `keepAlive` keeps the process alive meanwhile: then
   * somebody waits for the call.
   */
  every(ms: number, task: () => void, keepAlive?: boolean): () => void;
}

export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, signal && { signal }),
  random: () => Math.random(),
  fill: (buffer) => {
    randomFillSync(buffer);
  },
  every: (ms, task, keepAlive = false) => {
    const timer = setInterval(task, ms);
    if (!keepAlive) timer.unref();
    return () => clearInterval(timer);
  },
};
