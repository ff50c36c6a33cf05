import { expect, test } from 'vitest';
import { readUrl } from '../../components/hooks/url-params.ts';
import { explainKey, viewQuery } from '../../components/hooks/view-keys.ts';
import { answerBy, refusalBody, requestRefusal } from '../../lib/cli/front-door.ts';
import { answersWithin, pageQuery } from '../../lib/http/first-view.ts';

const never = () => new Promise<never>(() => undefined);

test('a page begins with what is there in time; what is late or fails is left to the page', async () => {
  const answers = await answersWithin(
    [
      [['quick'], async () => 1],
      [['failing'], () => Promise.reject(new Error('away'))],
      [['late'], never],
    ],
    50,
  );
  expect(answers).toEqual([{ key: ['quick'], data: 1 }]);
});

test('a page within the page waits for nothing and asks for nothing', async () => {
  let asked = 0;
  const ask = async () => {
    asked += 1;
  };
  expect(await answersWithin([[['any'], ask]], answerBy({ headers: { rsc: '1' } }, 5_000))).toEqual(
    [],
  );
  expect(asked).toBe(0);
  expect(answerBy({ headers: {} }, 5_000)).toBe(8_000);
});

test('the server keeps a view under the key that the browser looks for, whatever the address holds', async () => {
  const given = { last: '6h', workspace: [' legal ', 'other'], key: '', unknown: 'x' };
  const query = await pageQuery(Promise.resolve(given));
  const browser = new URLSearchParams('last=6h&workspace=+legal+&workspace=other&key=&unknown=x');
  const { window, filter } = readUrl(query);
  const there = readUrl(browser);
  expect(explainKey(window, filter, 'all')).toEqual(explainKey(there.window, there.filter, 'all'));
  expect(String(viewQuery(window, filter))).toBe('last=6h&workspace=legal');
});

test('an address that cannot be read is answered with a page that leads on, and elsewhere with a line', () => {
  const home = 'http://127.0.0.1:3000';
  const names = new Set(['127.0.0.1:3000']);
  for (const url of ['/keys/%00', '/spikes/%E0%A4', '/docs/%', '/api/calls/%ff', 'http://else/']) {
    const request = { method: 'GET', url, headers: { host: '127.0.0.1:3000' } };
    const refusal = requestRefusal(request, { names, home });
    expect(refusal?.status).toBe(400);
    if (refusal === null) continue;
    const page = refusalBody(refusal, { headers: { accept: 'text/html,*/*' }, home });
    expect(page.type).toMatch('text/html');
    expect(page.body).toContain(`<p>${refusal.reason}</p>`);
    expect(page.body).toContain(`<a href="${home}/">`);
    const line = refusalBody(refusal, { headers: {}, home });
    expect(line).toEqual({ type: 'text/plain', body: `${refusal.reason}\n` });
  }
});
