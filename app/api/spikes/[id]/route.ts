import { parseFilter } from '../../../../lib/http/parse-filter.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { serverContext } from '../../../../lib/services/server-context.ts';
import { describeSpike } from '../../../../lib/services/spike-detail.ts';

export const GET = handler(async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  const id = decodeURIComponent(pathname.split('/').at(-1) ?? '');
  return describeSpike({
    ctx: await serverContext(),
    input: { id, filter: parseFilter(searchParams) },
  });
});
