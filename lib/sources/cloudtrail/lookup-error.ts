import { AppError } from '../../domain/app-error.ts';

const throttled = new Set([
  'SlowDown',
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
]);
const denied = new Set(['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation']);
const badCredentials = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
]);
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
]);

/** Whether AWS was too busy, or out of order, and may answer when it is asked again. */
export function isPassing(cause: unknown): boolean {
  const { httpStatusCode: status } = Object(Object(cause).$metadata);
  return throttled.has(nameOf(cause)) || status === 429 || status >= 500;
}

/** What answered was not AWS: nothing may be taken from that, least of all that there is nothing. */
export const notAnswered = (what: string): AppError =>
  new AppError(
    'unavailable',
    `What answered gave no ${what}: something between here and AWS answers for it; check proxy and endpoint.`,
  );

/** A fault of LookupEvents as one that says what to do. The cloud's own text stays in `cause`. */
export function toAppError(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const name = nameOf(cause);
  if (throttled.has(name)) {
    return say('unavailable', cause, [
      'CloudTrail keeps throttling LookupEvents (2 requests a second for an account and Region):',
      'stop other readers of it, or read the trail’s S3 files',
    ]);
  }
  if (denied.has(name)) {
    return say('forbidden', cause, [
      'reading CloudTrail was denied: grant the permission cloudtrail:LookupEvents to the',
      'identity Keytide runs as',
    ]);
  }
  if (badCredentials.has(name)) {
    return say('unauthorized', cause, [
      `AWS credentials are missing, expired or not accepted (${name}): renew them, and check`,
      'the clock of this machine',
    ]);
  }
  if (cause instanceof Error && /region is missing/i.test(cause.message)) {
    return say('bad-request', cause, ['no AWS Region is set: set AWS_REGION']);
  }
  if (unreachable.has(name) || unreachable.has(codeOf(cause))) {
    return say('unavailable', cause, [
      `CloudTrail cannot be reached (${codeOf(cause) || name}): check network, proxy, Region`,
      'and endpoint',
    ]);
  }
  if (name === 'InvalidNextTokenException' || name === 'InvalidTimeRangeException') {
    return say('bad-request', cause, [
      `CloudTrail refused the window (${name}): ask for one within the last 90 days, afresh`,
    ]);
  }
  return say('unavailable', cause, [
    `CloudTrail LookupEvents failed (${name}): try again later, or read the trail’s S3 files`,
  ]);
}

function say(code: AppError['code'], cause: unknown, lines: readonly string[]): AppError {
  return new AppError(code, lines.join(' '), { cause });
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : 'unknown error';
}

/**
 * A connection tried on several addresses fails with an AggregateError whose own code is the first
 * one's.
 */
function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
