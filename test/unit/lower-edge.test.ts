import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { History } from '../../lib/explain/log-only/history.ts';
import { lowerEdge } from '../../lib/explain/log-only/lower-edge.ts';
import { shownTtl } from '../../lib/explain/log-only/ttl-of.ts';

const minuteMs = 60_000;

/** Waits of keys whose next use comes so long after their lease has ended, on average. */
const waitsOf = (count: number, ttlMs: number, usedMs: number, random: () => number): number[] =>
  Array.from({ length: count }, () => Math.round(ttlMs - Math.log(1 - random()) * usedMs));

test('a TTL much shorter than the time between uses shows, as nothing is asked for before it', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const waits = waitsOf(900, minuteMs, 12 * minuteMs, seededRandom(seed));
    const found = lowerEdge(waits)?.ms ?? 0;
    expect(Math.abs(found - minuteMs) / minuteMs, `seed ${seed}`).toBeLessThan(0.05);
  }
});

test('an odd TTL with nothing below it is not moved to the next whole minute', () => {
  const ttlMs = 13.5 * minuteMs;
  for (let seed = 1; seed <= 10; seed += 1) {
    const waitsMs = waitsOf(1_900, ttlMs, 8 * minuteMs, seededRandom(seed));
    const endsAt = waitsMs.map((_, no) => no * 40_000);
    const none = { before: new Int32Array(), beforeAny: new Int32Array(), makings: [], loads: [] };
    const ofMakers = { makerWaitsMs: [], makerEndsAt: [], makerWaitedBy: [] };
    const waitedBy = waitsMs.map(() => 0);
    const history: History = { ...none, ...ofMakers, waitsMs, endsAt, waitedBy };
    const found = shownTtl(history, 1_900 * 40_000)?.ms ?? 0;
    expect(Math.abs(found - ttlMs) / ttlMs, `seed ${seed}`).toBeLessThan(0.01);
  }
});
