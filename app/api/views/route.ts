import { requireSameOrigin } from '../../../lib/http/guards.ts';
import { readJson } from '../../../lib/http/read-json.ts';
import { handler } from '../../../lib/http/respond.ts';
import { listViews, saveView } from '../../../lib/services/answers/saved-views.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async () => listViews({ ctx: await serverContext() }));

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  return saveView({ ctx: await serverContext(), input: await readJson(request, 16_384) });
});
