import { requireSameOrigin } from '../../../../lib/http/guards.ts';
import { readJson } from '../../../../lib/http/read-json.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { readPrices, writePrices } from '../../../../lib/services/answers/prices.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const GET = handler(async () => readPrices({ ctx: await serverContext() }));

export const PUT = handler(async (request) => {
  requireSameOrigin(request);
  return writePrices({ ctx: await serverContext(), input: await readJson(request, 16_384) });
});
