import { parseEventQuery } from '../../../lib/http/parse-event-query.ts';
import { handler } from '../../../lib/http/respond.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const ctx = await serverContext();
  return ctx.json('rawEvent', parseEventQuery(new URL(request.url).searchParams));
});
