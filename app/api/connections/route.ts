import { requireSameOrigin } from '../../../lib/http/guards.ts';
import { readJson } from '../../../lib/http/read-json.ts';
import { handler } from '../../../lib/http/respond.ts';
import { connectionsView } from '../../../lib/http/views.ts';
import {
  addConnection,
  pauseConnection,
  removeConnection,
} from '../../../lib/services/intake/connections.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

type Change = (given: Parameters<typeof addConnection>[0]) => Promise<unknown>;

/** A change answers how things stand after it. */
const changing = (change: Change) =>
  handler(async (request) => {
    requireSameOrigin(request);
    const ctx = await serverContext();
    await change({ ctx, input: await readJson(request, 16_384) });
    return connectionsView();
  });

export const GET = handler(connectionsView);
export const POST = changing(addConnection);
export const PUT = changing(pauseConnection);
export const DELETE = changing(removeConnection);
