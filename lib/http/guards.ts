import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../domain/app-error.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** @throws {AppError} `unauthorized` unless the request bears the ingest token; compared in constant time. */
export function requireIngestToken(request: Request, token: string): void {
  const given = /^Bearer +(.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (given === undefined || !timingSafeEqual(digest(given), digest(token))) {
    throw new AppError(
      'unauthorized',
      'The ingest token is missing or wrong: send "authorization: Bearer <token>" with the token that `keytide up` names.',
    );
  }
}

/** @throws {AppError} `forbidden` for a change that a page of another site asks for. */
export function requireSameOrigin(request: Request): void {
  const origin = request.headers.get('origin');
  const host = request.headers.get('host');
  // A page without an origin of its own, such as a sandboxed frame, sends "null".
  const from = origin !== null && URL.canParse(origin) ? new URL(origin).host : null;
  if (origin !== null && (from === null || from !== host)) {
    throw new AppError('forbidden', 'Changes are taken from the dashboard itself only.');
  }
}
