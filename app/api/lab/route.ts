import { requireSameOrigin } from '../../../lib/http/guards.ts';
import { readJson } from '../../../lib/http/read-json.ts';
import { handler } from '../../../lib/http/respond.ts';
import { labsView } from '../../../lib/http/views.ts';
import { beginLab } from '../../../lib/services/answers/lab.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(() => labsView());

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  return beginLab({ ctx: await serverContext(), input: await readJson(request, 4096) });
});
