/**
 * The port to a customer's KMS. A provider makes exactly one attempt a call and never retries: the engine counts
 * attempts, so none may be hidden. It may take as long as `policy.attemptTimeoutMs`: then its signal is aborted, and
 * what it answers later is ignored.
 */
export interface KekProvider {
  /** Short name for metrics: `aws`, `gcp`, `azure`, `local`. */
  readonly name: string;
  /** Wraps 32 to 64 bytes, a multiple of eight, under the named key. @throws {KmsFault} */
  wrap(plaintext: Uint8Array, request: KmsRequest): Promise<KmsAnswer>;
  /** Unwraps what `wrap` gave, naming the key. @throws {KmsFault} */
  unwrap(wrapped: Uint8Array, request: KmsRequest): Promise<KmsAnswer>;
  /** Frees sockets. */
  close?(): void;
}

/** The providers of keys in several regions, accounts or clouds. `providerRouter` makes one. */
export interface KekRouter {
  /** Whoever reaches this key, named as it is registered. Throw a `TypeError` where nobody does. */
  providerFor(keyUri: string): KekProvider;
  /** Frees what the providers hold. */
  close?(): void;
}

export interface KmsRequest {
  /** The key as it is registered, always named. */
  keyUri: string;
  /** Bound by the KMS to the ciphertext; stable for the DEK. */
  context: { workspace: string; dekId: string };
  /** Written where the cloud's audit log records it, such as the user agent. */
  claim: string;
  /** Aborted when the answer is no longer waited for; end then, and say in the fault whether the request was sent. */
  signal: AbortSignal;
}

export interface KmsAnswer {
  bytes: Uint8Array;
  /** The provider's own id of this attempt, as its audit log names it. */
  requestId?: string;
}

/**
 * Why an attempt failed, and so what the engine does:
 * - `denied`: the customer said no: fail closed now.
 * - `wrong-key`: this ciphertext does not belong to this key or context: that DEK alone.
 * - `outage`: nobody said anything about the key: ride on the lease, retry.
 */
export type KmsFaultKind = 'denied' | 'wrong-key' | 'outage';

/** An attempt that failed. `reason` is the provider's own error code; the message never holds key or context. */
export class KmsFault extends Error {
  readonly kind: KmsFaultKind;
  readonly reason: string;
  /** False where the request never left: credentials, DNS, connection, aborted. */
  readonly sent: boolean;
  readonly requestId: string | undefined;
  readonly httpStatus: number | undefined;

  constructor(
    kind: KmsFaultKind,
    reason: string,
    details: {
      sent: boolean;
      requestId?: string | undefined;
      httpStatus?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(`KMS ${kind}: ${reason}`, { cause: details.cause });
    this.name = 'KmsFault';
    this.kind = kind;
    this.reason = reason;
    this.sent = details.sent;
    this.requestId = details.requestId;
    this.httpStatus = details.httpStatus;
  }
}
