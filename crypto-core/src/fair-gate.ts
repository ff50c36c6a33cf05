/**
 * Lets so many through at one time, in fair shares by key. One key may use what the others leave free, and what it
 * holds cannot be taken back: so a key that has less than its share goes through at once, even where all is taken. With
 * `n` keys at work that makes at most `max` times 1 + 1/2 + … + 1/n, and never less than one for each.
 */

interface Lane {
  inside: number;
  /** In the order in which they came. */
  readonly waiting: Set<(open: boolean) => void>;
}

export class FairGate {
  readonly #max: number;
  /** Keys that have somebody inside or waiting. */
  readonly #lanes = new Map<string, Lane>();
  /** Keys for which somebody waits; the first one's turn is next. */
  readonly #turns = new Set<Lane>();
  #inside = 0;
  #closed = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether it may go through; who did must `leave`. False once the gate is closed. */
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

  /** Turns away all who wait or come. */
  close(): void {
    this.#closed = true;
    for (const { waiting } of this.#turns) {
      for (const next of waiting) next(false);
      waiting.clear();
    }
    this.#turns.clear();
  }

  /** Whether the key has less inside than an equal part of the gate. */
  #hasShare(lane: Lane): boolean {
    return lane.inside < Math.max(1, Math.floor(this.#max / this.#lanes.size));
  }

  /** Whose turn it is now that one of `left` has gone. */
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
