import { requireSameOrigin } from '../../../../lib/http/guards.ts';
import { readJson } from '../../../../lib/http/read-json.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { serviceView } from '../../../../lib/http/views.ts';
import { writeService } from '../../../../lib/services/answers/service-facts.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const GET = handler(() => serviceView());

export const PUT = handler(async (request) => {
  requireSameOrigin(request);
  return writeService({ ctx: await serverContext(), input: await readJson(request, 262_144) });
});
