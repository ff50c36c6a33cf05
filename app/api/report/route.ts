import { parseFilter } from '../../../lib/http/parse-filter.ts';
import { parseReportFormat } from '../../../lib/http/parse-report-format.ts';
import { parseWindow } from '../../../lib/http/parse-window.ts';
import { handler } from '../../../lib/http/respond.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async (request) => {
  const query = new URL(request.url).searchParams;
  const format = parseReportFormat(query, { of: 'report', otherwise: 'markdown' });
  const ctx = await serverContext();
  const window = parseWindow(query, await ctx.settled());
  const input = { window, filter: parseFilter(query) };
  const headers = { 'content-disposition': `attachment; filename="${format.file}"` };
  if (format.name === 'json') {
    const json = await ctx.json('jsonReport', input);
    return new Response(json, { headers: { ...headers, 'content-type': 'application/json' } });
  }
  return new Response(await ctx.ask('report', input), {
    headers: { ...headers, 'content-type': 'text/markdown; charset=utf-8' },
  });
});
