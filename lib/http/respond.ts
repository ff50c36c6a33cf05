import { randomUUID } from 'node:crypto';
import { AppError, type AppErrorCode } from '../domain/app-error.ts';
import type { ErrorView } from '../shared/dto.ts';

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

/** A route handler that answers JSON; a fault becomes an `ErrorView`, an unknown one a 500 that tells only its id. */
export function handler(
  work: (request: Request) => Promise<object>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      const answer = await work(request);
      return answer instanceof Response
        ? answer
        : Response.json(answer, { headers: { 'cache-control': 'no-store' } });
    } catch (error) {
      return errorResponse(error);
    }
  };
}

function errorResponse(error: unknown): Response {
  if (error instanceof AppError && error.code !== 'internal') {
    const headers = error.code === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {};
    const body: ErrorView = { error: { code: error.code, message: error.message } };
    return Response.json(body, { status: statuses[error.code], headers });
  }
  const requestId = randomUUID();
  process.stderr.write(
    `request ${requestId}: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  const message = `Something went wrong here; the server's log says what, under request ${requestId}.`;
  const body: ErrorView = { error: { code: 'internal', message, requestId } };
  return Response.json(body, { status: 500 });
}
