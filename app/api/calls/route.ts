import { parseCallsQuery } from '../../../lib/http/parse-calls-query.ts';
import { handler } from '../../../lib/http/respond.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const ctx = await serverContext();
  const query = new URL(request.url).searchParams;
  return ctx.json('listCalls', parseCallsQuery(query, await ctx.settled()));
});
