import { parseWindow } from '../../../lib/http/parse-window.ts';
import { handler } from '../../../lib/http/respond.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const ctx = await serverContext();
  const window = parseWindow(new URL(request.url).searchParams, await ctx.settled());
  return ctx.json('listChoices', { window });
});
