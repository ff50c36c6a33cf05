/** Keys that are asked for again where no TTL shows: pushed out by a full cache, or let go by leases of all lengths. */
import { expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const start = Date.UTC(2026, 10, 24, 12);
const keys = 40;
const spanMs = 48 * 60 * minuteMs;

type Random = () => number;
const after = (random: Random, meanMs: number) => -Math.log(1 - random()) * meanMs;
const load = (at: number, key: number) =>
  logUse(start + Math.round(at), {
    eventId: `${key}-${Math.round(at)}`,
    context: [['tenant', `t${key}`]],
  });

/** A cache that holds fifteen keys, of forty that are used at random. */
function fullCache(random: Random): LogUse[] {
  const loads: LogUse[] = [];
  const held: number[] = [];
  for (let at = 0; at < spanMs; at += after(random, minuteMs)) {
    const key = Math.floor(random() * keys);
    const place = held.indexOf(key);
    if (place >= 0) held.splice(place, 1);
    else loads.push(load(at, key));
    held.push(key);
    if (held.length > 15) held.shift();
  }
  return loads;
}

/** A cache with room whose leases last from ten minutes to two hours. */
function leases(random: Random): LogUse[] {
  const loads: LogUse[] = [];
  for (let key = 0; key < keys; key++)
    for (let at = after(random, 60 * minuteMs); at < spanMs; ) {
      loads.push(load(at, key));
      at += (10 + 110 * random()) * minuteMs + after(random, 30 * minuteMs);
    }
  return loads.sort((a, b) => a.at - b.at);
}

const evictions = (uses: LogUse[]) =>
  inferCauses(uses).uses.filter(({ cause }) => cause === 'load.evicted');

test.each([1, 2, 3, 4, 5])(
  'a full cache keeps a key until so many others have come, seed %i',
  (seed) => {
    const told = evictions(fullCache(seededRandom(seed)));
    expect(told.filter(({ confidence }) => confidence > 0.9).length).toBeGreaterThan(100);
  },
);

test.each([1, 2, 3, 4, 5])('leases of all lengths are no full cache for sure, seed %i', (seed) => {
  const told = evictions(leases(seededRandom(seed)));
  expect(told.every(({ confidence }) => confidence < 0.5)).toBe(true);
});
