import { parseReportFormat } from '../../../../../lib/http/parse-report-format.ts';
import { partBeforeLast } from '../../../../../lib/http/plain-query.ts';
import { handler } from '../../../../../lib/http/respond.ts';
import { drillText, drillView } from '../../../../../lib/http/views.ts';

export const GET = handler(async (request) => {
  const key = partBeforeLast(request);
  const query = new URL(request.url).searchParams;
  const format = parseReportFormat(query, { of: 'drill', otherwise: 'json' });
  if (!query.has('format')) return drillView(key);
  const isJson = format.name === 'json';
  const headers = {
    'content-disposition': `attachment; filename="${format.file}"`,
    'content-type': isJson ? 'application/json' : 'text/markdown; charset=utf-8',
  };
  const text = isJson ? JSON.stringify(await drillView(key), null, 2) : await drillText(key);
  return new Response(text, { headers });
});
