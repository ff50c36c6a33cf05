import type { Clock } from '../../domain/clock.ts';
import type { LabKeyName } from '../../shared/lab/lab-view.ts';
import type { Side } from '../sides/side.ts';
import type { InForce, LabCloud } from './lab-cloud.ts';
import { LabLog } from './lab-log.ts';

const dayMs = 86_400_000;

/** What the customer's sides of all clouds have in common: a log that lags, and changes that are in force later. */
export abstract class LabCustomer implements LabCloud {
  readonly log: LabLog;
  readonly propagationMs: number;
  readonly deletionMs: number;
  readonly aliasUri: string | null = null;
  abstract readonly side: Side;
  readonly #clock: Clock;

  constructor(
    clock: Clock,
    of: {
      /** From an event to its being in the log, ms. */
      lagMs: number;
      propagationMs: number;
      deletionDays: number;
    },
  ) {
    this.#clock = clock;
    this.log = new LabLog(of.lagMs);
    this.propagationMs = of.propagationMs;
    this.deletionMs = of.deletionDays * dayMs;
  }

  abstract keyUri(name: LabKeyName): string;
  abstract setEnabled(name: LabKeyName, enabled: boolean): InForce;
  abstract scheduleDeletion(name: LabKeyName): InForce;
  abstract setPermitted(name: LabKeyName, permitted: boolean): InForce;
  abstract rotate(name: LabKeyName): void;
  /** Takes the order to delete a key back, which leaves it disabled. */
  protected abstract restore(name: LabKeyName): InForce;

  cancelDeletion(name: LabKeyName) {
    const { inForceAt: present } = this.restore(name);
    return { present, enabled: this.setEnabled(name, true).inForceAt };
  }

  pointAlias(_name: LabKeyName): void {
    throw new RangeError('This cloud has no aliases of keys.');
  }

  protected now(): number {
    return this.#clock.now();
  }

  /** A change that was just made. */
  protected soon(): InForce {
    return { inForceAt: this.now() + this.propagationMs };
  }
}
