/** A log that is being made up, event by event, with the truth of each. */
import type { LogUse } from '../../lib/domain/log-use.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
const start = Date.UTC(2026, 8, 1);
const key = 'arn:aws:kms:eu-central-1:444455556666:key/0c5e7f4e-1111-4222-8333-94a5b6c7d8e9';

export type Context = Record<string, string> | null;

/** Who asks, as the log names it. */
export interface Caller {
  session: string | null;
  sourceIp: string;
}

export class Log {
  readonly uses: LogUse[] = [];
  readonly truth = new Map<string, readonly string[]>();
  readonly ttls = new Map<string, number>();
  /** When hosts started anew, in any order. */
  readonly restarts: number[] = [];
  readonly random: () => number;
  readonly from: number;
  /** The share of events that do not name their key, as a caller's own copies may. */
  keyless = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.from = start + Math.floor(this.random() * 20_000) * minuteMs;
  }

  /** A whole number from `from` to `to`. */
  between = (from: number, to: number): number =>
    from + Math.floor(this.random() * (to - from + 1));

  chance = (share: number): boolean => this.random() < share;

  pick = <T>(of: readonly T[]): T => {
    const one = of[Math.floor(this.random() * of.length)];
    if (one === undefined) throw new RangeError('nothing to pick from');
    return one;
  };

  /** A waiting time of a Poisson process. */
  wait = (meanMs: number): number => -Math.log(1 - this.random()) * meanMs;

  hex = (digits: number): string =>
    Array.from({ length: digits }, () => this.between(0, 15).toString(16)).join('');

  add(given: {
    at: number;
    operation: string;
    who: string;
    caller: Caller;
    context: Context;
    truth: readonly string[];
    invokedBy?: string;
    byHand?: boolean;
    errorCode?: string;
  }): void {
    const { at, truth, who, context, caller, ...rest } = given;
    const eventId = `e${this.uses.length}`;
    this.uses.push({
      eventId,
      at: Math.floor(at / 1000) * 1000,
      principal: who,
      session: caller.session ?? caller.sourceIp,
      sourceIp: caller.sourceIp,
      key: this.keyless > 0 && this.chance(this.keyless) ? null : key,
      invokedBy: null,
      byHand: false,
      dek: null,
      workspace: null,
      claimCause: null,
      errorCode: null,
      ...rest,
      context:
        context === null ? null : Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)),
    });
    this.truth.set(eventId, truth);
  }
}
