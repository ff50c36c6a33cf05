/**
 * Every way the engine can fail.
 * - `authentication-failed`: the envelope, its context or its DEK is not genuine. There is one message for all, and a
 *   second one if the envelope names another key than its workspace has now and that key does not open it.
 * - `unsupported-format`: the envelope's version or suite is not one this release reads.
 * - `denied`: the customer's KMS refused (access, disabled, pending deletion, not found). Fails closed at once.
 * - `unavailable`: the KMS could not be asked and no lease is left; `retryable`.
 * - `directory-unavailable`: the directory of encryption DEKs failed; `retryable`.
 * - `overloaded`: as many lookups as the policy allows are waiting for DEKs; `retryable`.
 * - `aborted`: the caller aborted the operation by its signal. `closed`: the engine is closed.
 */
export type CryptoCoreErrorCode =
  | 'authentication-failed'
  | 'unsupported-format'
  | 'denied'
  | 'unavailable'
  | 'directory-unavailable'
  | 'overloaded'
  | 'aborted'
  | 'closed';

const retryableCodes: ReadonlySet<CryptoCoreErrorCode> = new Set([
  'unavailable',
  'directory-unavailable',
  'overloaded',
]);

/** The engine's only error class; API misuse is a `TypeError` or `RangeError` that names the option. */
export class CryptoCoreError extends Error {
  readonly code: CryptoCoreErrorCode;
  readonly retryable: boolean;

  constructor(code: CryptoCoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CryptoCoreError';
    this.code = code;
    this.retryable = retryableCodes.has(code);
  }
}

/** The one error for everything that does not authenticate; it says nothing about which check failed. */
export function authenticationFailed(): CryptoCoreError {
  return new CryptoCoreError(
    'authentication-failed',
    'The envelope could not be authenticated: it was changed, cut short, or does not belong to this workspace and context.',
  );
}

/** Whoever has the envelope can read which key it names, so this message gives nothing away. */
export function anotherKeyError(): CryptoCoreError {
  return new CryptoCoreError(
    'authentication-failed',
    'The envelope names another key than the one registered for this workspace, and that key does not open it. It opens under its own key only.',
  );
}

export function closedError(): CryptoCoreError {
  return new CryptoCoreError('closed', 'The engine is closed.');
}

export function abortedError(): CryptoCoreError {
  return new CryptoCoreError('aborted', 'The operation was aborted by its signal.');
}

export function overloadedError(): CryptoCoreError {
  return new CryptoCoreError(
    'overloaded',
    'Too many operations wait for DEKs (policy.waitersMax). Try again shortly.',
  );
}

/** The error that a caller gets for a refused KMS call. It never names key or context. */
export function refusedError(
  kind: 'denied' | 'outage',
  operation: 'Encrypt' | 'Decrypt',
  reason: string,
): CryptoCoreError {
  return kind === 'denied'
    ? new CryptoCoreError(
        'denied',
        `The customer's KMS refuses ${operation} (${reason}). Check that the key exists and is enabled and that its policy allows this service.`,
      )
    : new CryptoCoreError(
        'unavailable',
        `The customer's KMS could not be asked to ${operation} (${reason}) and no lease is left. Try again shortly.`,
      );
}
