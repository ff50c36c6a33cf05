/** What the KMS refused a short while ago, by operation and key. Bounded: the oldest is forgotten first. */
import { KmsFault, type KmsFaultKind } from './provider.ts';
import { RecentMap } from './recent-map.ts';
import type { KmsOperation } from './telemetry/port.ts';

export interface Refusal {
  /** Monotonic, because a wall clock that is set back must not lengthen a refusal. */
  until: number;
  kind: Exclude<KmsFaultKind, 'wrong-key'>;
  reason: string;
  /** Wall: since when the KMS has answered nothing else. */
  since: number;
}

const refusalsMax = 10_000;

export class Refusals {
  readonly #byKey = {
    Encrypt: new RecentMap<Refusal>(refusalsMax),
    Decrypt: new RecentMap<Refusal>(refusalsMax),
  };

  /** The refusal that holds at this instant, or undefined if the KMS may be asked. */
  get(operation: KmsOperation, keyUri: string, monotonic: number): Refusal | undefined {
    const refusal = this.#byKey[operation].get(keyUri);
    return refusal !== undefined && monotonic < refusal.until ? refusal : undefined;
  }

  /** Until when it holds may be over: since when it was so is kept until the KMS grants a request. */
  last(operation: KmsOperation, keyUri: string): Refusal | undefined {
    return this.#byKey[operation].get(keyUri);
  }

  set(operation: KmsOperation, keyUri: string, refusal: Refusal): void {
    const before = this.last(operation, keyUri);
    const since = before?.kind === refusal.kind ? before.since : refusal.since;
    this.#byKey[operation].set(keyUri, { ...refusal, since });
  }

  delete(operation: KmsOperation, keyUri: string): void {
    this.#byKey[operation].delete(keyUri);
  }
}

/** An attempt was not sent, because its key was refused while it waited. The KMS said nothing new. */
export class RememberedRefusal extends KmsFault {
  constructor({ kind, reason }: Refusal) {
    super(kind, reason, { sent: false });
  }
}
