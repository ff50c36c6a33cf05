import { lastPathPart } from '../../../../lib/http/plain-query.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { spikeView } from '../../../../lib/http/views.ts';

export const GET = handler(async (request) =>
  spikeView(lastPathPart(request), new URL(request.url).searchParams),
);
