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
  /** The provider of a key, which is named as it is registered. Throw a `TypeError` if there is none. */
  providerFor(keyUri: string): KekProvider;
  /** Closes the providers. */
  close?(): void;
}

export interface KmsRequest {
  /** The key as it is registered, always named. */
  keyUri: string;
  /** The KMS binds it to the ciphertext. It never changes for a DEK. */
  context: { workspace: string; dekId: string };
  /** To be sent in a field that the cloud's audit log records, such as the user agent. */
  claim: string;
  /** Aborted when the engine stops waiting. Reject then, with a fault that says whether the request was sent. */
  signal: AbortSignal;
}

export interface KmsAnswer {
  bytes: Uint8Array;
  /** The provider's own id of this attempt, as its audit log names it. */
  requestId?: string;
}

/**
 * Why an attempt failed, and what the engine does then:
 * - `denied`: the customer refused. The engine fails closed at once.
 * - `wrong-key`: this ciphertext does not belong to this key or context. The engine refuses this DEK alone.
 * - `outage`: the error says nothing about the key. The engine retries and uses DEKs until their leases end.
 */
export type KmsFaultKind = 'denied' | 'wrong-key' | 'outage';

/** Which condition of access a denial says is not met: trust in the service, the key’s policy, the identity’s own. */
export type KmsLacks = 'identity' | 'policy' | 'assignment';

/** An attempt that failed. `reason` is the provider's own error code; the message never holds key or context. */
export class KmsFault extends Error {
  readonly kind: KmsFaultKind;
  readonly reason: string;
  /** False if the request was never sent (credentials, DNS, connection, aborted). */
  readonly sent: boolean;
  readonly requestId: string | undefined;
  readonly httpStatus: number | undefined;
  /** Undefined where the cloud does not tell. */
  readonly lacks: KmsLacks | undefined;

  constructor(
    kind: KmsFaultKind,
    reason: string,
    details: {
      sent: boolean;
      requestId?: string | undefined;
      httpStatus?: number | undefined;
      lacks?: KmsLacks | undefined;
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
    this.lacks = details.lacks;
  }
}
