import { parseFilter } from '../../../../lib/http/parse-filter.ts';
import { lastPathPart } from '../../../../lib/http/plain-query.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { describeSpike } from '../../../../lib/services/answers/spike-detail.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const id = lastPathPart(request);
  const { searchParams } = new URL(request.url);
  return describeSpike({
    ctx: await serverContext(),
    input: { id, filter: parseFilter(searchParams) },
  });
});
