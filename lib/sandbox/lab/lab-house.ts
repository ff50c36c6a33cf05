/** The labs of one sandbox: a few at a time, found again by their ids, and ended when nobody has looked for long. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { LabConfig, LabOrder, LabView, RunningLab } from '../../shared/lab/lab-view.ts';
import { Lab } from './lab.ts';
import { LabRun } from './lab-run.ts';

export interface LabHouseOptions {
  wall: Clock;
  onError?: (message: string) => void;
  /** Default three. */
  labsMax?: number;
}

interface Kept {
  run: LabRun;
  /** Wall clock, monotonic. */
  seenAt: number;
}

const labsMaxDefault = 3;
/** A tab that is closed may come back within this. */
const unseenMsMax = 20 * 60_000;
const lookEveryMs = 10_000;

/** No such lab, or it has ended. */
export class LabGone extends Error {}
/** The most labs allowed are running. */
export class LabsFull extends Error {}

export class LabHouse {
  readonly #options: LabHouseOptions;
  readonly #labs = new Map<string, Kept>();
  readonly #timer: NodeJS.Timeout;
  #opening = 0;

  constructor(options: LabHouseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#endUnseen(), lookEveryMs).unref();
  }

  /** @throws {LabsFull} */
  async begin(config: LabConfig): Promise<LabView> {
    const { labsMax = labsMaxDefault, wall, onError } = this.#options;
    if (this.#labs.size + this.#opening >= labsMax)
      throw new LabsFull(`${labsMax} labs run already: end one of them first.`);
    this.#opening += 1;
    try {
      const lab = await Lab.open({ config });
      const id = randomBytes(6).toString('hex');
      const run = new LabRun(id, lab, {
        wall,
        onError: (error) => onError?.(`lab: ${error instanceof Error ? error.message : error}`),
      });
      this.#labs.set(id, { run, seenAt: wall.monotonic() });
      return await run.view();
    } finally {
      this.#opening -= 1;
    }
  }

  list(): RunningLab[] {
    return [...this.#labs.values()].map(({ run: { id, lab } }) => ({
      id,
      config: lab.config,
      now: lab.now,
    }));
  }

  /** @throws {LabGone} */
  async view(id: string): Promise<LabView> {
    return this.#seen(id).view();
  }

  /** @throws {LabGone} {RangeError} */
  async order(id: string, order: LabOrder): Promise<LabView> {
    const run = this.#seen(id);
    await run.order(order);
    return run.view();
  }

  /** @throws {LabGone} */
  async end(id: string): Promise<void> {
    const run = this.#seen(id);
    this.#labs.delete(id);
    await run.end();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#labs.keys()].map((id) => this.end(id)));
  }

  #seen(id: string): LabRun {
    const kept = this.#labs.get(id);
    if (kept === undefined) throw new LabGone('There is no such lab: it was ended.');
    kept.seenAt = this.#options.wall.monotonic();
    return kept.run;
  }

  #endUnseen(): void {
    const now = this.#options.wall.monotonic();
    for (const [id, { seenAt }] of this.#labs)
      if (now - seenAt > unseenMsMax) void this.end(id).catch(() => undefined);
  }
}
