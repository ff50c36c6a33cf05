import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { History } from '../../lib/explain/log-only/history.ts';
import { isRound, lowerEdge } from '../../lib/explain/log-only/lower-edge.ts';
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

/** A history of such waits alone, one after the other. */
function historyOf(waitsMs: number[]): History {
  const none = { before: new Int32Array(), beforeAny: new Int32Array(), makings: [], loads: [] };
  const ofMakers = { makerWaitsMs: [], makerEndsAt: [], makerWaitedBy: [] };
  const endsAt = waitsMs.map((_, no) => no * 40_000);
  return { ...none, ...ofMakers, waitsMs, endsAt, waitedBy: waitsMs.map(() => 0) };
}
const ttlOf = (waitsMs: number[]): number =>
  shownTtl(historyOf(waitsMs), waitsMs.length * 40_000)?.ms ?? 0;

test('an odd TTL with nothing below it is not moved to the next whole minute', () => {
  const ttlMs = 13.5 * minuteMs;
  for (let seed = 1; seed <= 10; seed += 1) {
    const waitsMs = waitsOf(1_900, ttlMs, 8 * minuteMs, seededRandom(seed));
    expect(Math.abs(ttlOf(waitsMs) - ttlMs) / ttlMs, `seed ${seed}`).toBeLessThan(0.01);
  }
});

test('the age at which a full cache begins to evict is no TTL: the longer ones are more', () => {
  const ttlMs = 37 * minuteMs;
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seededRandom(seed);
    // The shortest is as long as filling the cache takes.
    const evicted = Array.from({ length: 430 }, () => (11 + 26 * random() ** 0.62) * minuteMs);
    const found = ttlOf([...waitsOf(1_000, ttlMs, 18 * minuteMs, random), ...evicted]);
    // A jump beside many evictions is placed less exactly, or not found.
    if (found > 0) expect(found, `seed ${seed}`).toBeGreaterThan(0.9 * ttlMs);
  }
});

test('an odd TTL is told where its waits can place it within 5 %, and not before', () => {
  const [ttlMs, seeds] = [33.3 * minuteMs, 200];
  const odd = (count: number) =>
    Array.from({ length: seeds }, (_, seed) => {
      const found =
        lowerEdge(waitsOf(count, ttlMs, 15 * minuteMs, seededRandom(seed + 1)))?.ms ?? 0;
      return found === 0 || isRound(found) ? [] : [Math.abs(found / ttlMs - 1)];
    }).flat();
  expect(odd(60).length).toBeGreaterThan(0.95 * seeds);
  expect(odd(16).filter((error) => error > 0.05).length).toBeLessThan(0.02 * seeds);
});

test('an edge to which the few waits below it lean is none', () => {
  const above = Array.from({ length: 500 }, (_, no) => 33.6 + 0.27 * no);
  const edgeOf = (below: number[]) =>
    (lowerEdge([...below, ...above].map((minutes) => minutes * minuteMs))?.ms ?? 0) / minuteMs;
  // The TTL was 30 minutes.
  expect([0, 30]).toContain(edgeOf([26.35, 26.63, 31.42, 31.47]));
  // Lost caches leave them anywhere.
  expect(edgeOf([4.1, 9.7, 17.2, 31.47])).toBeGreaterThan(33);
});

test('few waits far above a round time do not show which time it is', () => {
  // The TTL was 81 minutes.
  const few = [
    83.07, 83.27, 83.32, 85.58, 95.43, 97.12, 99.9, 109.53, 113.23, 118.12, 128.67, 149.93, 158.17,
    166, 169.68, 237.92, 240.45, 241.63, 391.47, 393.8, 495.37,
  ];
  expect(lowerEdge(few.map((minutes) => minutes * minuteMs))).toBeNull();
});

test('a small step with waits below it is chance, at a round time too', () => {
  // The TTL was 60 minutes, and some caches were lost.
  const few = [60.87, 68.67, 79.38, 80.9, 80.92, 81.35, 84.13, 85.53, 95.7, 102.5, 105.62, 118.75];
  const edge = lowerEdge([...few, 129.78, 134.97, 150.2, 190, 201].map((one) => one * minuteMs));
  expect(edge).toBeNull();
});

test('a large step at an odd time is told though what a full cache pushes out leans to it', () => {
  const ttlMs = 1.8 * minuteMs;
  const random = seededRandom(1);
  // Clocks of hosts differ by seconds.
  const blurMs = () => (random() - 0.5) * 4_000;
  const evicted = Array.from({ length: 500 }, () => ttlMs * (0.5 + 0.46 * random() ** 0.6));
  const waits = [...waitsOf(4_600, ttlMs, ttlMs, random).map((ms) => ms + blurMs()), ...evicted];
  expect(Math.abs((lowerEdge(waits)?.ms ?? 0) / ttlMs - 1)).toBeLessThan(0.05);
});
