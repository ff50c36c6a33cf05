/** What the KMS refused a short while ago, by operation and key; bounded, oldest forgotten first. */
import { KmsFault, type KmsFaultKind } from './provider.ts';
import { RecentMap } from './recent-map.ts';
import type { KmsOperation } from './telemetry/port.ts';

export interface Refusal {
  /** Monotonic: a wall clock that steps back must not lengthen a refusal. */
  until: number;
  kind: Exclude<KmsFaultKind, 'wrong-key'>;
  reason: string;
}

const refusalsMax = 10_000;

export class Refusals {
  readonly #byKey = {
    Encrypt: new RecentMap<Refusal>(refusalsMax),
    Decrypt: new RecentMap<Refusal>(refusalsMax),
  };

  /** The refusal that holds at this instant, or undefined where the KMS may be asked. */
  get(operation: KmsOperation, keyUri: string, monotonic: number): Refusal | undefined {
    const refusal = this.#byKey[operation].get(keyUri);
    return refusal !== undefined && monotonic < refusal.until ? refusal : undefined;
  }

  set(operation: KmsOperation, keyUri: string, refusal: Refusal): void {
    this.#byKey[operation].set(keyUri, refusal);
  }

  delete(operation: KmsOperation, keyUri: string): void {
    this.#byKey[operation].delete(keyUri);
  }
}

/** An attempt that was not sent because its key had been refused meanwhile: the KMS said nothing new. */
export class RememberedRefusal extends KmsFault {
  constructor({ kind, reason }: Refusal) {
    super(kind, reason, { sent: false });
  }
}
