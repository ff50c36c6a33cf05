import { requireSameOrigin } from '../../../../lib/http/guards.ts';
import { readJson } from '../../../../lib/http/read-json.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { setSandboxKey } from '../../../../lib/services/answers/sandbox.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  return setSandboxKey({ ctx: await serverContext(), input: await readJson(request, 4096) });
});
