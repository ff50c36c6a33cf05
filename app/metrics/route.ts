import { handler } from '../../lib/http/respond.ts';
import { serverContext } from '../../lib/services/server-context.ts';

export const GET = handler(async () => {
  const ctx = await serverContext();
  const { text, contentType } = await ctx.ask('metrics', { until: await ctx.settled() });
  return new Response(text, {
    headers: { 'content-type': contentType, 'cache-control': 'no-store' },
  });
});
