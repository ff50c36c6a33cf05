/**
 * Hooks: all that screens ask of the server, the browser's clock and the address. A component asks for nothing itself;
 * what an address may hold is in url-params.ts alone.
 */
import type { ErrorView } from '../../lib/shared/dto.ts';

/** What the API said when it refused: its code and message, and the HTTP status. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string | null;

  constructor(status: number, { error }: ErrorView) {
    super(error.message);
    this.name = 'ApiError';
    this.code = error.code;
    this.status = status;
    this.requestId = error.requestId ?? null;
  }
}

/** Whether asking again cannot help: the request was wrong, or there is no such thing. */
export const isAnswered = (error: Error): boolean =>
  error instanceof ApiError && (error.code === 'bad-request' || error.code === 'not-found');

const isErrorView = (body: unknown): body is ErrorView =>
  typeof body === 'object' &&
  body !== null &&
  'error' in body &&
  typeof body.error === 'object' &&
  body.error !== null &&
  'message' in body.error;

/** The answers are our own API's, typed by lib/shared/dto.ts on both sides and not parsed again. */
const asView = <T>(body: unknown): T => body as T;

const unreachable: ErrorView = {
  error: { code: 'unavailable', message: 'The server did not answer. Is Keytide still running?' },
};

/** A view of months takes seconds. After this the page says so, and asks again if it is told to. */
const answerMsMax = 30_000;

const stalled: ErrorView = {
  error: {
    code: 'unavailable',
    message: `The server has not answered for ${answerMsMax / 1000} s: it is busy or stands still. Try again.`,
  },
};

/** Ends with the caller's own signal or when the time is up, whichever comes first. */
function untilLate(signal: AbortSignal | null | undefined): AbortSignal {
  const late = AbortSignal.timeout(answerMsMax);
  return signal ? AbortSignal.any([signal, late]) : late;
}

/** An answer of the API; anything but a success is thrown as an ApiError. */
export async function fetchView<T>(
  path: string,
  query: Record<string, string | null | undefined> = {},
  init: RequestInit = {},
): Promise<T> {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  const address = params.size > 0 ? `${path}?${params}` : path;
  const signal = untilLate(init.signal);
  const response = await fetch(address, { ...init, signal }).catch((error: unknown) => {
    throw faultOf(error) ?? new ApiError(0, unreachable);
  });
  const body: unknown = await response.json().catch((error: unknown) => {
    const fault = faultOf(error);
    if (fault !== null) throw fault;
    return null;
  });
  if (response.ok && body !== null) return asView<T>(body);
  throw new ApiError(response.status, errorOf(response.status, body));
}

/** What a refusal says, whatever its body is. */
export function errorOf(status: number, body: unknown): ErrorView {
  if (isErrorView(body)) return body;
  const message = `The server answered ${status} without saying why.`;
  return { error: { code: 'internal', message } };
}

/** What ended a request before it was answered; null for another fault. */
function faultOf(error: unknown): Error | null {
  if (!(error instanceof DOMException)) return null;
  if (error.name === 'TimeoutError') return new ApiError(0, stalled);
  return error.name === 'AbortError' ? error : null;
}

/** The same with a JSON body. */
export const postView = <T>(path: string, body: unknown): Promise<T> =>
  sendView<T>('POST', path, body);

export function sendView<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: unknown,
): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return fetchView<T>(path, {}, { method, headers, body: JSON.stringify(body) });
}
