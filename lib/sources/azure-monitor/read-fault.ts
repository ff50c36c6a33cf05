import { RestError } from '@azure/storage-blob';
import type { ReadFault } from '../log-reader.ts';

/** What is said of each refusal; the names are those of HTTP. */
interface Sayings {
  throttled: string;
  forbidden: string;
  notFound: string;
  /** Where a request can be misunderstood at all. */
  badRequest?: string;
  unavailable: string;
}

/**
 * An answer that broke off. One that came whole and was not understood has its response; where we gave up ourselves,
 * nobody asks for the fault.
 */
const isCutOff = (cause: unknown): boolean =>
  cause instanceof Error &&
  (cause.name === 'AbortError' ||
    (cause instanceof RestError && cause.code === RestError.PARSE_ERROR && !cause.response));

/** Why Azure did not answer, by the HTTP status. */
export function azureReadFault(cause: unknown, said: Sayings): ReadFault {
  const status =
    cause instanceof Error && 'statusCode' in cause ? Number(cause.statusCode) : Number.NaN;
  if (status === 429 || status >= 500 || isCutOff(cause))
    return { code: 'throttled', message: said.throttled };
  if (status === 401)
    return {
      code: 'unauthorized',
      message: 'Credentials of Azure are missing, expired or not accepted: renew them.',
    };
  if (status === 403) return { code: 'forbidden', message: said.forbidden };
  if (status === 404) return { code: 'not-found', message: said.notFound };
  if (status === 400 && said.badRequest !== undefined)
    return { code: 'bad-request', message: said.badRequest };
  return { code: 'unavailable', message: said.unavailable };
}
