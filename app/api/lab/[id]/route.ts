import { requireSameOrigin } from '../../../../lib/http/guards.ts';
import { lastPathPart } from '../../../../lib/http/plain-query.ts';
import { readJson } from '../../../../lib/http/read-json.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { labView } from '../../../../lib/http/views.ts';
import { orderLab } from '../../../../lib/services/answers/lab.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const GET = handler((request) => labView(lastPathPart(request)));

/** An order to one lab. */
export const POST = handler(async (request) => {
  requireSameOrigin(request);
  const order = await readJson(request, 4096);
  const input = { id: lastPathPart(request), order };
  return orderLab({ ctx: await serverContext(), input });
});
