import { requireSameOrigin } from '../../../../lib/http/guards.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { startSandbox } from '../../../../lib/services/answers/sandbox.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  return startSandbox({ ctx: await serverContext() });
});
