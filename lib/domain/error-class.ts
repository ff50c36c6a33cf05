/** What a cloud's error code says of a request, for all three clouds: the engine's own words for it. */
export type ErrorClass = 'denied' | 'wrong-key' | 'throttled' | 'outage';

const classes: readonly (readonly [ErrorClass, RegExp])[] = [
  ['throttled', /throttl|TooManyRequests|LimitExceeded|RequestLimit|SlowDown|RESOURCE_EXHAUSTED/i],
  ['wrong-key', /InvalidCiphertext|IncorrectKey|BadParameter|DECRYPTION_FAILED|ContextMismatch/i],
  [
    'denied',
    /AccessDenied|Unauthorized|Disabled|InvalidState|InvalidKeyUsage|NotFound|InvalidGrant|PendingDel|Forbidden|PERMISSION_DENIED|UNAUTHENTICATED|NOT_FOUND|^KEY_|KeyNot|Conflict|Deleted/i,
  ],
];

/** @example errorClassOf('DisabledException') // denied */
export function errorClassOf(errorCode: string): ErrorClass {
  return classes.find(([, pattern]) => pattern.test(errorCode))?.[0] ?? 'outage';
}

export type AuditOutcome = 'ok' | ErrorClass;

/** What became of a request, by the error code of its event. */
export const outcomeOf = (errorCode: string | null): AuditOutcome =>
  errorCode === null ? 'ok' : errorClassOf(errorCode);
