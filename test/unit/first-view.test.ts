import { expect, test } from 'vitest';
import { readUrl } from '../../components/hooks/url-params.ts';
import { explainKey, viewQuery } from '../../components/hooks/view-keys.ts';
import { answerBy } from '../../lib/cli/front-door.ts';
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
