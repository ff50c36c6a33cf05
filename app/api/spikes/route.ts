import { parseFilter } from '../../../lib/http/parse-filter.ts';
import { parseWindow } from '../../../lib/http/parse-window.ts';
import { handler } from '../../../lib/http/respond.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const ctx = await serverContext();
  const query = new URL(request.url).searchParams;
  const window = parseWindow(query, await ctx.settled());
  return ctx.json('listSpikes', { window, filter: parseFilter(query) });
});
