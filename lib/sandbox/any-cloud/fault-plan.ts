import type { Clock } from '../../domain/clock.ts';

/** For a while, a share of all uses of key material fails as a busy or broken KMS would. */
export interface PlannedFault {
  kind: 'throttled' | 'internal';
  /** Sandbox time, epoch ms, `[from, to)`. */
  from: number;
  to: number;
  /** In [0, 1]. */
  share: number;
}

/** The faults that a cloud is told to have; which requests they meet is drawn. */
export class FaultPlan {
  readonly #clock: Clock;
  /** In [0, 1). */
  readonly #draw: () => number;
  #faults: PlannedFault[] = [];

  constructor(clock: Clock, draw: () => number) {
    this.#clock = clock;
    this.#draw = draw;
  }

  /** From now on; plans that are over are forgotten. */
  add(fault: PlannedFault): void {
    const now = this.#clock.now();
    this.#faults = [...this.#faults.filter(({ to }) => to > now), fault];
  }

  /** Forgets all: the KMS answers again. */
  end(): void {
    this.#faults = [];
  }

  /** What the request that comes now meets; null for none. */
  next(): PlannedFault['kind'] | null {
    if (this.#faults.length === 0) return null;
    const now = this.#clock.now();
    const due = this.#faults.find(({ from, to }) => now >= from && now < to);
    return this.#draw() >= (due?.share ?? 0) ? null : (due?.kind ?? null);
  }
}
