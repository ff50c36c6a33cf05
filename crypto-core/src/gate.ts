/** Lets so many through at one time; the others wait their turn in the order in which they came. */
export class Gate {
  readonly #max: number;
  readonly #waiting = new Set<(open: boolean) => void>();
  #inside = 0;
  #closed = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether it may go through; who did must `leave`. False once the gate is closed. */
  async enter(): Promise<boolean> {
    if (this.#closed) return false;
    if (this.#inside < this.#max) {
      this.#inside += 1;
      return true;
    }
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  leave(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      next(true);
      return;
    }
    this.#inside -= 1;
  }

  /** Turns away all who wait or come. */
  close(): void {
    this.#closed = true;
    for (const next of this.#waiting) next(false);
    this.#waiting.clear();
  }
}
