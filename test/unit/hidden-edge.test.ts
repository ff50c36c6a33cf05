import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { hiddenEdge } from '../../lib/explain/log-only/hidden-edge.ts';

const minuteMs = 60_000;

/** Ages at which a cache without room has lost a key and is asked for it again: a smooth hump. */
function evicted(count: number, random: () => number): number[] {
  return Array.from(
    { length: count },
    () => (6 - 9 * Math.log((1 - random()) * (1 - random()))) * minuteMs,
  );
}

/** Keys in use that were held until their TTL. */
const held = (count: number, ttlMs: number, random: () => number): number[] =>
  Array.from({ length: count }, () => ttlMs - Math.log(1 - random()) * 1.5 * minuteMs);

test('a TTL under many evictions shows as a jump of the waits that end then', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const waits = [...evicted(2_000, random), ...held(120, 45 * minuteMs, random)];
    expect(hiddenEdge(waits)).toMatchObject({ ms: 45 * minuteMs });
  }
});

test('evictions alone show no TTL, however many', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const waits = evicted(3_000, seededRandom(seed));
    expect(hiddenEdge(waits)).toBeNull();
  }
});

test('a TTL shows by a dozen waits where hardly any lie around it, at whole minutes or not', () => {
  for (const ttlMs of [30 * minuteMs, 37 * minuteMs, 13.5 * minuteMs]) {
    const background = Array.from({ length: 40 }, (_, no) => ((no + 1) / 50) * ttlMs);
    const waits = [...background, ...Array.from({ length: 20 }, (_, no) => ttlMs + no * 2_000)];
    const found = hiddenEdge(waits)?.ms ?? 0;
    expect(Math.abs(found - ttlMs) / ttlMs).toBeLessThanOrEqual(0.01);
  }
});

test('of few waits nothing is told', () => {
  expect(hiddenEdge([])).toBeNull();
  expect(hiddenEdge([45, 45, 45].map((minutes) => minutes * minuteMs))).toBeNull();
});

test('a TTL of a minute shows in waits of whole seconds, and the beginning of evictions does not', () => {
  const whole = (ms: number) => Math.round(ms / 1_000) * 1_000;
  for (let seed = 1; seed <= 10; seed++) {
    const random = seededRandom(seed);
    const background = Array.from({ length: 1_000 }, () =>
      whole(20_000 + 40_000 * random() ** 0.6),
    );
    expect(hiddenEdge(background)).toBeNull();
    const waits = [...background, ...held(9_000, minuteMs, random).map(whole)];
    expect(hiddenEdge(waits), `seed ${seed}`).toMatchObject({ ms: minuteMs });
  }
});
