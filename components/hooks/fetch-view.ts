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

/** An answer of the API; anything but a success is thrown as an ApiError. */
export async function fetchView<T>(
  path: string,
  query: Record<string, string | null | undefined> = {},
  init: RequestInit = {},
): Promise<T> {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  const response = await fetch(params.size > 0 ? `${path}?${params}` : path, init).catch(
    (error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(0, unreachable);
    },
  );
  const body: unknown = await response.json().catch(() => null);
  if (response.ok && body !== null) return asView<T>(body);
  if (isErrorView(body)) throw new ApiError(response.status, body);
  const message = `The server answered ${response.status} without saying why.`;
  throw new ApiError(response.status, { error: { code: 'internal', message } });
}

/** The same with a JSON body. */
export const postView = <T>(path: string, body: unknown): Promise<T> =>
  sendView<T>('POST', path, body);

export function sendView<T>(method: 'POST' | 'PUT', path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return fetchView<T>(path, {}, { method, headers, body: JSON.stringify(body) });
}
