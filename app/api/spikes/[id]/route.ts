import { parseFilter } from '../../../../lib/http/parse-filter.ts';
import { lastPathPart } from '../../../../lib/http/plain-query.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const id = lastPathPart(request);
  const { searchParams } = new URL(request.url);
  const ctx = await serverContext();
  return ctx.json('describeSpike', { id, filter: parseFilter(searchParams) });
});
