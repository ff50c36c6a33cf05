/** The customer's audit log as a lab shows it: a bounded tail of entries, each of which arrives late. */
import type { LabAudit } from '../../shared/lab/lab-view.ts';

/** Entries that a screen is told. */
const shownMax = 40;
const keptMax = 1_000;

export class LabLog {
  readonly #lagMs: number;
  /** In order of time, so of arrival too: the lag is one for all. */
  #entries: LabAudit[] = [];
  #dropped = 0;
  #uses = 0;

  constructor(lagMs: number) {
    this.#lagMs = lagMs;
  }

  /** `isUse`: the service used the key, and was let. */
  add(entry: Omit<LabAudit, 'number' | 'arrivesAt'>, { isUse }: { isUse: boolean }): void {
    const number = this.#dropped + this.#entries.length + 1;
    this.#entries.push({ number, ...entry, arrivesAt: entry.at + this.#lagMs });
    if (isUse) this.#uses += 1;
    if (this.#entries.length < 2 * keptMax) return;
    this.#dropped += this.#entries.length - keptMax;
    this.#entries = this.#entries.slice(-keptMax);
  }

  /** Encrypts and decrypts by the service, in the log or on their way to it. */
  get uses(): number {
    return this.#uses;
  }

  /** The last entries that have arrived, newest first, and how many there are of each kind. */
  at(now: number): { shown: LabAudit[]; arrived: number; onTheirWay: number } {
    const next = this.#entries.findIndex(({ arrivesAt }) => arrivesAt > now);
    const arrived = next < 0 ? this.#entries.length : next;
    return {
      shown: this.#entries.slice(Math.max(0, arrived - shownMax), arrived).reverse(),
      arrived: this.#dropped + arrived,
      onTheirWay: this.#entries.length - arrived,
    };
  }
}

/** Who called, by the address of each engine process. */
export function callerName(ip: string): string {
  const [, last] = /^127\.0\.0\.(\d+)$/.exec(ip) ?? [];
  const number = Number(last) - 10;
  return number >= 1 && number <= 50 ? `engine-${number}` : 'administrator';
}
