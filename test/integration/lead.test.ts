import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { standForLead } from '../../lib/services/lead.ts';
import { takeLead } from '../../lib/store/upkeep/leader.ts';
import { openTestStore } from '../support/store.ts';

const clockMs = () => performance.now();

test('of several dashboards over one database one leads; when it leaves, another does', async () => {
  const { ctx, close } = await openTestStore();
  const first = await standForLead(ctx, { holder: 'first', clockMs });
  const second = await standForLead(ctx, { holder: 'second', clockMs });
  expect([first.has(), second.has()]).toEqual([true, false]);
  await first.leave();
  expect(first.has()).toBe(false);
  await expect.poll(() => second.has(), { timeout: 10_000 }).toBe(true);
  await second.leave();
  await close();
});

test('one that stalls has lost the lead before another may take it', async () => {
  const { ctx, close } = await openTestStore();
  let now = 0;
  const stalled = await standForLead(ctx, { holder: 'stalled', clockMs: () => now });
  expect(await takeLead(ctx.db, { holder: 'other', leaseMs: 1_000 })).toBe(false);
  now = 5_000;
  expect(stalled.has()).toBe(false);
  await stalled.leave();
  await close();
});

test('a lead whose holder is gone is free when its time is over', async () => {
  const { ctx, close } = await openTestStore();
  expect(await takeLead(ctx.db, { holder: 'gone', leaseMs: 100 })).toBe(true);
  expect(await takeLead(ctx.db, { holder: 'next', leaseMs: 100 })).toBe(false);
  await sleep(150);
  expect(await takeLead(ctx.db, { holder: 'next', leaseMs: 100 })).toBe(true);
  await close();
});
