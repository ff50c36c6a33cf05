import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listViews, removeView, saveView } from '../../lib/services/answers/saved-views.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(async () => {
  await store.ctx.db.savedView.deleteMany();
});
afterAll(() => store?.close());

const save = (name: string, href: string) => saveView({ ctx: store.ctx, input: { name, href } });

test('a page is kept under its name, in place of an older one of that name, until it is removed', async () => {
  const { ctx } = store;
  await save(' Nights ', '/calls?cause=load.expired&last=7d');
  await save('Légal “früh” 🌊', '/?workspace=legal');
  const nights = { name: 'Nights', href: '/spikes?last=48h' };
  expect(await save(nights.name, nights.href)).toEqual({
    views: [{ name: 'Légal “früh” 🌊', href: '/?workspace=legal' }, nights],
  });
  await removeView({ ctx, input: { name: 'Légal “früh” 🌊' } });
  expect(await listViews({ ctx })).toEqual({ views: [nights] });
  const again = removeView({ ctx, input: { name: 'Légal “früh” 🌊' } });
  await expect(again).rejects.toMatchObject({ code: 'not-found' });
});

test.each([
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  'javascript:alert(1)',
  'calls',
  '/a b',
  '/a\nb',
  '/api/report',
  '',
  `/${'x'.repeat(4_000)}`,
])('%j is no page to keep', async (href) => {
  await expect(save('View', href)).rejects.toMatchObject({ code: 'bad-request' });
});

test('there are a hundred at most, and the one that is there may still be replaced', async () => {
  for (let no = 0; no < 100; no++) await save(`View ${no}`, '/');
  await expect(save('One more', '/')).rejects.toMatchObject({ code: 'conflict' });
  await save('View 7', '/pattern');
  expect((await listViews({ ctx: store.ctx })).views).toHaveLength(100);
});
