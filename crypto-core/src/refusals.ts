/** What the KMS refused a short while ago, by operation and key; bounded, oldest forgotten first. */
import type { KmsFaultKind } from './provider.ts';
import { KmsFault } from './provider.ts';
import type { KmsOperation } from './telemetry/port.ts';

export interface Refusal {
  /** Monotonic: a wall clock that steps back must not lengthen a refusal. */
  until: number;
  kind: Exclude<KmsFaultKind, 'wrong-key'>;
  reason: string;
}

const refusalsMax = 10_000;

export class Refusals {
  readonly #byKey = { Encrypt: new Map<string, Refusal>(), Decrypt: new Map<string, Refusal>() };

  /** The refusal that holds at this instant, or undefined where the KMS may be asked. */
  get(operation: KmsOperation, keyUri: string, monotonic: number): Refusal | undefined {
    const refusal = this.#byKey[operation].get(keyUri);
    return refusal !== undefined && monotonic < refusal.until ? refusal : undefined;
  }

  set(operation: KmsOperation, keyUri: string, refusal: Refusal): void {
    const byKey = this.#byKey[operation];
    byKey.delete(keyUri);
    byKey.set(keyUri, refusal);
    for (const oldest of byKey.keys()) {
      if (byKey.size <= refusalsMax) break;
      byKey.delete(oldest);
    }
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
