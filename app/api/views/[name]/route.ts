import { requireSameOrigin } from '../../../../lib/http/guards.ts';
import { lastPathPart } from '../../../../lib/http/plain-query.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { removeView } from '../../../../lib/services/answers/saved-views.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const DELETE = handler(async (request) => {
  requireSameOrigin(request);
  return removeView({ ctx: await serverContext(), input: { name: lastPathPart(request) } });
});
