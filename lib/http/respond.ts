/**
 * What routes have alike: a request is guarded and parsed in this folder before a service sees it, and what a service
 * throws is answered here, without detail that the caller should not see.
 */
import { randomUUID } from 'node:crypto';
import { AppError, type AppErrorCode } from '../domain/app-error.ts';
import { outageOf } from '../services/outage.ts';
import type { ErrorView } from '../shared/dto.ts';
import { inWork } from './in-work.ts';
import { log } from './log.ts';
import { requirePlainQuery } from './plain-query.ts';

const statuses: Record<AppErrorCode, number> = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'in-use': 409,
  'too-large': 413,
  unsupported: 415,
  internal: 500,
  unavailable: 503,
};

const headers = { 'cache-control': 'no-store' };

/** A page asks for three or four things at once, and the database answers one after the other. */
const boundedView = inWork(32);

/**
 * A route handler that answers JSON, which it may have as text already; a fault becomes an `ErrorView`, an unknown one
 * a 500 that tells only its id.
 */
export function handler(
  work: (request: Request) => Promise<object | string>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      requirePlainQuery(request);
      const answer = await boundedView(() => work(request));
      if (answer instanceof Response) return answer;
      return typeof answer === 'string'
        ? new Response(answer, { headers: { ...headers, 'content-type': 'application/json' } })
        : Response.json(answer, { headers });
    } catch (error) {
      return errorResponse(error);
    }
  };
}

/** What a failed request is answered with, whatever its form. */
export interface Fault {
  code: AppErrorCode;
  status: number;
  headers: Record<string, string>;
  view: ErrorView;
}

const errorHeaders: Partial<Record<AppErrorCode, Record<string, string>>> = {
  unauthorized: { 'www-authenticate': 'Bearer' },
  unavailable: { 'retry-after': '2' },
};

/** An unknown error is logged under a request id, which is all that the answer tells. */
export function faultOf(thrown: unknown): Fault {
  const error = outageOf(thrown) ?? thrown;
  if (error instanceof AppError && error.code !== 'internal') {
    const { code, message } = error;
    const headers = errorHeaders[code] ?? {};
    return { code, status: statuses[code], headers, view: { error: { code, message } } };
  }
  const requestId = randomUUID();
  log.error({ requestId, err: error }, 'a request failed');
  const message = `Something went wrong here; the server's log says what, under request ${requestId}.`;
  const code = 'internal';
  return {
    code,
    status: statuses[code],
    headers: {},
    view: { error: { code, message, requestId } },
  };
}

function errorResponse(error: unknown): Response {
  const { status, headers, view } = faultOf(error);
  return Response.json(view, { status, headers });
}
