import { type ServerContext, serverContext } from '../services/server-context.ts';
import { requireIngestToken } from './guards.ts';
import { readJson } from './read-json.ts';
import { handler } from './respond.ts';

const bodyBytesMax = 16 * 1024 * 1024;

/** An OTLP route: the token is checked before the body is read. */
export function ingestRoute(
  accept: (call: { ctx: ServerContext; input: unknown }) => Promise<object>,
): (request: Request) => Promise<Response> {
  return handler(async (request) => {
    const ctx = await serverContext();
    requireIngestToken(request, ctx.ingestToken);
    return accept({ ctx, input: await readJson(request, bodyBytesMax) });
  });
}
