import { z } from 'zod';
import { paths } from '../../lib/http/openapi/paths.ts';
import { brushText } from '../../lib/shared/brush-param.ts';

const hourMs = 3_600_000;

/** Where each address of the API is asked for data of the sandbox, by its path in the OpenAPI document. */
async function addresses(url: string): Promise<ReadonlyMap<string, string>> {
  const ask = async (path: string) => (await fetch(`${url}${path}`)).json();
  const { spikes } = await ask('/api/spikes?last=48h');
  const { rows } = await ask('/api/calls?last=48h&show=matched');
  const { eventId, at } = rows[0].event;
  const { now, keys } = await ask('/api/keys');
  const key = `/api/keys/${encodeURIComponent(keys[0].key)}`;
  const hour = now - (now % hourMs);
  const brush = brushText({ from: hour - 6 * hourMs, to: hour, firstMinute: 5, lastMinute: 12 });
  const { id } = await post(`${url}/api/lab`, {
    ...{ cloud: 'aws', preset: 'daily', ttlMinutes: 60, processes: 2 },
    ...{ spread: 'none', seed: 1, scenario: null },
  });
  const own = new Map([
    ['/api/lab/{id}', `/api/lab/${id}`],
    ['/api/keys/{id}', key],
    ['/api/keys/{id}/drill', `${key}/drill`],
    ['/api/keys/{id}/measure', `${key}/measure`],
    ['/api/pattern/brush', `/api/pattern/brush?last=48h&brush=${encodeURIComponent(brush)}`],
    ['/api/spikes/{id}', `/api${spikes[0].href}`],
    ['/api/audit-events', `/api/audit-events?id=${encodeURIComponent(eventId)}&at=${at}`],
    ['/api/export', '/api/export?of=spikes&last=48h&format=json'],
    ['/api/report', '/api/report?last=48h&format=json'],
  ]);
  return new Map(
    Object.keys(paths).map((path) => [path, own.get(path) ?? `${path}?last=48h`] as const),
  );
}

const post = async (address: string, body: object) =>
  (
    await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json();

/** What each GET of the API answers, and what its schema makes of that: the same, where both say all. */
export async function apiAnswers(
  url: string,
): Promise<{ path: string; answer: unknown; read: unknown }[]> {
  const asked = await addresses(url);
  const answers = Object.entries(paths).map(async ([path, item]) => {
    const done = item.get?.responses['200'];
    const content = done !== undefined && 'content' in done ? done.content : undefined;
    const schema = content?.['application/json']?.schema;
    if (!(schema instanceof z.ZodType)) return [];
    const response = await fetch(`${url}${asked.get(path)}`);
    const answer: unknown = await response.json();
    const read = schema.safeParse(answer);
    return [{ path, answer, read: read.success ? read.data : z.prettifyError(read.error) }];
  });
  const read = (await Promise.all(answers)).flat();
  await post(`${url}${asked.get('/api/lab/{id}')}`, { kind: 'end' });
  return read;
}
