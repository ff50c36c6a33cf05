import { requireIngestToken, requireSameOrigin } from '../../../lib/http/guards.ts';
import { readJson } from '../../../lib/http/read-json.ts';
import { handler } from '../../../lib/http/respond.ts';
import { markersView } from '../../../lib/http/views.ts';
import { tellMarker } from '../../../lib/services/answers/markers.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler((request) => markersView(new URL(request.url).searchParams));

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  const ctx = await serverContext();
  requireIngestToken(request, ctx.ingestToken);
  return tellMarker({ ctx, input: await readJson(request, 4_096) });
});
