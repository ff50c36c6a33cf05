/** What the dashboard's own server does with a request before Next.js sees it. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A request that goes no further, and how it is answered. */
export interface RequestRefusal {
  status: 400 | 403 | 405;
  reason: string;
}

const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

/**
 * Why a request is refused, or null. Another site's page may point its own host name at loopback, so only our own names
 * are answered. Unknown methods and malformed paths would be a fault of Next.js rather than of the sender.
 */
export function requestRefusal(
  { method = '', url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  { names, home }: { names: ReadonlySet<string>; home: string },
): RequestRefusal | null {
  if (!names.has(headers.host ?? '')) return { status: 403, reason: `Open ${home}` };
  if (!methods.has(method)) return { status: 405, reason: `${method} is not answered here.` };
  if (!isWellFormed(url))
    return { status: 400, reason: 'The address is not well-formed: it must be UTF-8 without NUL.' };
  return null;
}

/** Plain text, or for a browser a page that leads on. Written before there is a page of ours, so without our styles. */
export function refusalBody(
  { reason }: RequestRefusal,
  { headers, home }: Pick<IncomingMessage, 'headers'> & { home: string },
): { type: string; body: string } {
  if (!headers.accept?.includes('text/html')) return { type: 'text/plain', body: `${reason}\n` };
  const title = 'This address is not answered';
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>`;
  const main = `<main><h1>${title}</h1><p>${reason}</p><p><a href="${home}/">Go to the overview</a></p></main>`;
  return {
    type: 'text/html; charset=utf-8',
    body: `<!doctype html><html lang="en"><head>${head}</head><body>${main}</body></html>`,
  };
}

function isWellFormed(url: string): boolean {
  try {
    return url.startsWith('/') && !decodeURIComponent(url.split('?', 1)[0] ?? '').includes('\0');
  } catch {
    return false;
  }
}

/** A policy for one answer: scripts are our own files and those that bear this answer's nonce. */
export function contentPolicy({ dev }: { dev: boolean }): { nonce: string; policy: string } {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'self'",
    // React's development build evaluates code to show where an error came from.
    `script-src 'self' 'nonce-${nonce}'${dev ? " 'unsafe-eval'" : ''}`,
    // Charts and widths are drawn with style attributes, for which there is no nonce.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { nonce, policy };
}

/** As long a page waits for its first answers before it is sent without them. */
const firstAnswerMsMax = 3_000;

/**
 * Until when (epoch ms) the page that is asked for may wait for its first answers. A page that is asked for by a page
 * is shown at once, and fills itself.
 */
export const answerBy = ({ headers }: Pick<IncomingMessage, 'headers'>, now: number): number =>
  headers.rsc === undefined ? now + firstAnswerMsMax : 0;
