import { parseEventQuery } from '../../../lib/http/parse-event-query.ts';
import { handler } from '../../../lib/http/respond.ts';
import { rawEvent } from '../../../lib/services/answers/calls.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const input = parseEventQuery(new URL(request.url).searchParams);
  return rawEvent({ ctx: await serverContext(), input });
});
