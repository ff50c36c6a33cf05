/**
 * Bounds how many attempts run at one time, in fair shares by key. A key may use what the others leave free. Running
 * attempts cannot be taken back, so a key that has less than its share passes at once even if the gate is full. With
 * `n` keys at work, at most `max` times 1 + 1/2 + … + 1/n are inside, but one for each key always may be.
 */

interface Lane {
  inside: number;
  /** Oldest first. */
  readonly waiting: Set<(open: boolean) => void>;
}

export class FairGate {
  readonly #max: number;
  /** Keys that have attempts inside or waiting. */
  readonly #lanes = new Map<string, Lane>();
  /** Keys that have attempts waiting; the first key's turn is next. */
  readonly #turns = new Set<Lane>();
  #inside = 0;
  #closed = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** Waits for a turn. True: the caller is inside and must `leave`. False: the gate is closed. */
  async enter(key: string): Promise<boolean> {
    if (this.#closed) return false;
    const lane = this.#lanes.get(key) ?? { inside: 0, waiting: new Set() };
    this.#lanes.set(key, lane);
    if (this.#inside < this.#max || this.#hasShare(lane)) {
      this.#pass(lane);
      return true;
    }
    this.#turns.add(lane);
    return new Promise((resolve) => lane.waiting.add(resolve));
  }

  leave(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    lane.inside -= 1;
    this.#inside -= 1;
    const next = this.#next(lane);
    if (next !== undefined) this.#admit(next);
    if (lane.inside === 0 && lane.waiting.size === 0) this.#lanes.delete(key);
  }

  /** Refuses all who wait, and all who come later. */
  close(): void {
    this.#closed = true;
    for (const { waiting } of this.#turns) {
      for (const next of waiting) next(false);
      waiting.clear();
    }
    this.#turns.clear();
  }

  /** Whether the key has less than an equal share inside. */
  #hasShare(lane: Lane): boolean {
    return lane.inside < Math.max(1, Math.floor(this.#max / this.#lanes.size));
  }

  /** The key whose turn it is after an attempt of `left` has left. */
  #next(left: Lane): Lane | undefined {
    if (left.waiting.size > 0 && this.#hasShare(left)) return left;
    if (this.#inside >= this.#max) return undefined;
    const [first] = this.#turns;
    return first;
  }

  #pass(lane: Lane): void {
    lane.inside += 1;
    this.#inside += 1;
  }

  #admit(lane: Lane): void {
    this.#turns.delete(lane);
    for (const next of lane.waiting) {
      lane.waiting.delete(next);
      if (lane.waiting.size > 0) this.#turns.add(lane);
      this.#pass(lane);
      next(true);
      return;
    }
  }
}
