import { handler } from '../../lib/http/respond.ts';
import { metrics } from '../../lib/services/answers/metrics.ts';
import { serverContext } from '../../lib/services/server-context.ts';

export const GET = handler(async () => {
  const ctx = await serverContext();
  const { text, contentType } = await metrics({ ctx, input: { until: await ctx.settled() } });
  return new Response(text, {
    headers: { 'content-type': contentType, 'cache-control': 'no-store' },
  });
});
