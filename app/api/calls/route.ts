import { parseCallsQuery } from '../../../lib/http/parse-calls-query.ts';
import { handler } from '../../../lib/http/respond.ts';
import { listCalls } from '../../../lib/services/answers/calls.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const ctx = await serverContext();
  const input = parseCallsQuery(new URL(request.url).searchParams, await ctx.settled());
  return listCalls({ ctx, input });
});
