import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { edgeBesideLosses } from '../../lib/explain/log-only/edge-beside-losses.ts';
import { lowerEdge } from '../../lib/explain/log-only/lower-edge.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

interface Owned {
  waitsMs: number[];
  endsAt: number[];
  waitedBy: number[];
}

/** Ten keys of one process, each used about every seven hours and held for a day, but lost at each loss. */
function held(losses: readonly number[], random: () => number): Owned {
  const waits: Owned = { waitsMs: [], endsAt: [], waitedBy: [] };
  for (let key = 0; key < 10; key++) {
    let loadedAt: number | null = null;
    for (let at = 0; at < 12 * dayMs; at += -Math.log(1 - random()) * 7 * hourMs) {
      const from = loadedAt ?? Number.NEGATIVE_INFINITY;
      const kept = !losses.some((loss) => loss > from && loss <= at);
      if (loadedAt !== null && kept && at < loadedAt + dayMs) continue;
      if (loadedAt !== null) {
        waits.waitsMs.push(at - loadedAt);
        waits.endsAt.push(at);
        waits.waitedBy.push(0);
      }
      loadedAt = at;
    }
  }
  return waits;
}

test('a TTL shows though a process lost all its keys several times', () => {
  let unseen = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const losses = [2.3, 3.1, 5.6, 8.4].map((days) => days * dayMs);
    const waits = held(losses, seededRandom(seed));
    if (lowerEdge(waits.waitsMs) === null) unseen++;
    expect(edgeBesideLosses(waits), `seed ${seed}`).toMatchObject({ ms: dayMs });
  }
  expect(unseen).toBeGreaterThanOrEqual(8);
});

test('keys that are pushed out one by one are no losses, and show no TTL', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const waits: Owned = { waitsMs: [], endsAt: [], waitedBy: [] };
    for (let key = 0; key < 30; key++)
      for (let at = random() * hourMs; at < 5 * dayMs; ) {
        const wait = (0.3 - Math.log((1 - random()) * (1 - random()))) * hourMs;
        at += wait;
        waits.waitsMs.push(wait);
        waits.endsAt.push(at);
        waits.waitedBy.push(0);
      }
    expect(edgeBesideLosses(waits), `seed ${seed}`).toBeNull();
  }
});
