import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DekCache } from '../src/dek-cache.ts';
import type { DekEntry } from '../src/dek-entry.ts';
import { KeySlab } from '../src/key-slab.ts';
import type { Instant } from '../src/steady-clock.ts';
import { Counters } from '../src/telemetry/counters.ts';
import { hourMs, minuteMs, startAt } from './support.ts';

const ttlMs = hourMs;

function cacheOf(heldMemoryMax = 100, capacity = 100) {
  const [counters, keys] = [new Counters(), new KeySlab()];
  const nextTurn = async () => {};
  const options = { counters, keys, heldMemoryMax, capacity, ttlMs, nextTurn };
  return { keys, cache: new DekCache(options) };
}

const keyOf = (id = 'dek1', workspace = 'acme') => `${id.padEnd(16)}${workspace}`;

interface Given {
  id?: string;
  workspace?: string;
  keyUri?: string;
  wall?: number;
  mono?: number;
  lineage?: { seq: number; rootSeq: number; generation: number };
}

/** The DEK if its lease still runs; looking changes nothing. */
const live = (cache: DekCache, key: string, now: Instant): DekEntry | undefined =>
  [...cache.entries()].find((entry) => entry.key === key && entry.remainingMs(now) > 0);

/** Puts a DEK with its own key into the cache. */
function put(cache: DekCache, given: Given = {}): DekEntry {
  const { wall = startAt, mono = 0, id, workspace = 'acme', keyUri = 'key1', lineage } = given;
  return cache.put(
    {
      key: keyOf(id, workspace),
      workspace,
      keyUri,
      loaded: { wall, monotonic: mono },
      leaseMs: ttlMs,
      refreshAheadMs: 0,
      lineage: lineage ?? { seq: 1, rootSeq: 1, generation: 0 },
    },
    { dataKey: randomBytes(32), commitment: randomBytes(32) },
  );
}

const at = (ms: number, monotonic = ms) => ({ wall: startAt + ms, monotonic });
const numberOf = (entry: DekEntry) => entry.number;
/** The cache makes a new entry each time; the number says which DEK it is. */
const isSame = (found: DekEntry | undefined, entry: DekEntry) => found?.number === entry.number;
/** Whether the key of the DEK can no longer be had. */
function isGone(cache: DekCache, entry: DekEntry): boolean {
  if (entry.held) return false;
  expect(() => cache.keyOf(entry)).toThrow('after it was released');
  expect(() => cache.commits(entry, Buffer.alloc(64))).toThrow('after it was released');
  return true;
}
const reasonOf = (cache: DekCache, ms: number, id = 'dek1') =>
  cache.loadReason({ key: keyOf(id), keyUri: 'key1' }, startAt + ms);

describe('a lease', () => {
  test.each([
    ['just before its end', at(ttlMs - 1), true],
    ['at its end by both clocks', at(ttlMs), false],
    ['at its end by the wall clock alone', at(ttlMs, 0), false],
    ['at its end by the monotonic clock alone', at(0, ttlMs), false],
    ['when the wall clock stepped back an hour at its end', at(ttlMs - hourMs, ttlMs), false],
  ])('%s: %s runs %s', (_, now, runs) => {
    const { cache } = cacheOf();
    const entry = put(cache);
    expect(isSame(live(cache, entry.key, now), entry)).toBe(runs);
  });

  test('is not extended by use', () => {
    const { cache } = cacheOf();
    const entry = put(cache);
    for (let ms = 0; ms < ttlMs; ms += 10 * minuteMs)
      cache.count(entry, (startAt + ms) / minuteMs, 1);
    expect(live(cache, entry.key, at(ttlMs))).toBeUndefined();
  });
});

describe('what leaves the cache is zeroised', () => {
  test('when it is swept after its lease, and only then', () => {
    const { cache } = cacheOf();
    const first = put(cache, { id: 'dek1' });
    const second = put(cache, { id: 'dek2', wall: startAt + 1, mono: 1 });
    cache.sweep(at(ttlMs - 1));
    expect([isGone(cache, first), isGone(cache, second), cache.size]).toEqual([false, false, 2]);
    cache.sweep(at(ttlMs));
    expect([isGone(cache, first), isGone(cache, second), cache.size]).toEqual([true, false, 1]);
  });

  test('when its key is denied, all of that key and no other', () => {
    const { cache } = cacheOf();
    const mine = [put(cache, { id: 'dek1' }), put(cache, { id: 'dek2', workspace: 'beta' })];
    const other = put(cache, { id: 'dek3', keyUri: 'key2' });
    cache.deny('key1', at(0, 5));
    expect(mine.map((entry) => isGone(cache, entry))).toEqual([true, true]);
    expect(isGone(cache, other)).toBe(false);
    expect([...cache.entries()].map(numberOf)).toEqual([other.number]);
  });

  test('when it is loaded again', () => {
    const { cache } = cacheOf();
    const old = put(cache);
    const fresh = put(cache);
    expect([isGone(cache, old), isGone(cache, fresh), cache.size]).toEqual([true, false, 1]);
  });

  test('when everything is cleared', () => {
    const { cache } = cacheOf();
    const entries = ['dek1', 'dek2', 'dek3'].map((id) => put(cache, { id }));
    cache.clear();
    expect(entries.every((entry) => isGone(cache, entry))).toBe(true);
    expect(cache.size).toBe(0);
  });
});

describe('what was found of a DEK', () => {
  /** A DEK that left, and the DEK that has its row now. */
  function replaced() {
    const { cache } = cacheOf();
    const old = put(cache, { keyUri: 'key1' });
    cache.count(old, startAt / minuteMs, 1);
    const { slot, keySlot } = old;
    cache.drop(old.key);
    const next = put(cache, { id: 'dek2', workspace: 'beta', keyUri: 'key2', wall: startAt + 5 });
    expect([next.slot, next.keySlot]).toEqual([slot, keySlot]);
    return { cache, old, next };
  }

  test('never reaches the key of the DEK that has its place now', () => {
    const { cache, old, next } = replaced();
    expect([old.held, next.held]).toEqual([false, true]);
    expect(cache.holds(old, at(1))).toBe(false);
    expect(isGone(cache, old)).toBe(true);
    expect(isGone(cache, next)).toBe(false);
  });

  test('changes nothing of the DEK that has its place now', () => {
    const { cache, old, next } = replaced();
    cache.count(old, startAt / minuteMs, 1);
    old.refreshAheadMs = 7;
    expect([old.uses, next.uses, next.refreshAheadMs]).toEqual([0, 0, 0]);
    expect(() => old.lineage).toThrow('forgotten');
    expect(next.lineage).toEqual({ seq: 1, rootSeq: 1, generation: 0 });
  });

  test('still says whose it was and how long it was leased', () => {
    const { old } = replaced();
    const { workspace, keyUri, loaded, leaseEndsAt } = old;
    expect({ workspace, keyUri, loaded, leaseEndsAt }).toEqual({
      workspace: 'acme',
      keyUri: 'key1',
      loaded: { wall: startAt, monotonic: 0 },
      leaseEndsAt: startAt + ttlMs,
    });
    expect(old.remainingMs(at(10))).toBe(ttlMs - 10);
  });

  test('is the same DEK, however often it was found', () => {
    const { cache } = cacheOf();
    const entry = put(cache);
    const again = cache.hit(entry.key, at(1));
    if (again === undefined) throw new Error('it is not held');
    cache.count(again, startAt / minuteMs, 1);
    again.refreshAheadMs = 7;
    expect([entry.uses, entry.refreshAheadMs]).toEqual([1, 7]);
    expect(cache.keyOf(entry)).toBe(cache.keyOf(again));
    cache.drop(entry.key);
    expect([isGone(cache, entry), isGone(cache, again)]).toEqual([true, true]);
  });
});

describe('the reason of a load', () => {
  test('is first for a DEK never held', () => {
    expect(reasonOf(cacheOf().cache, 0)).toEqual({ cause: 'load.first', generation: 0 });
  });

  test.each([
    ['the lease just ended', ttlMs, false, 'load.expired'],
    ['it ended less than a TTL ago', 2 * ttlMs - 1, true, 'load.expired'],
    ['it ended a TTL ago', 2 * ttlMs, true, 'load.reopened'],
    ['it ended a TTL ago and was not swept', 2 * ttlMs, false, 'load.reopened'],
  ])('when %s is %4$s', (_, ms, swept, cause) => {
    const { cache } = cacheOf();
    put(cache, { lineage: { seq: 7, rootSeq: 3, generation: 4 } });
    if (swept) cache.sweep(at(ttlMs));
    const reason = reasonOf(cache, ms);
    expect(reason.cause).toBe(cause);
    expect(reason.idleMs).toBe(ms - ttlMs);
    expect(reason).toMatchObject(
      cause === 'load.expired' ? { generation: 5, parentSeq: 7, rootSeq: 3 } : { generation: 0 },
    );
    if (cause === 'load.reopened') expect(reason).not.toHaveProperty('parentSeq');
  });

  test('is after-denial for what was held and for what never was, until the key gives one', () => {
    const { cache } = cacheOf();
    put(cache, { id: 'dek1' });
    put(cache, { id: 'dek2' });
    cache.deny('key1', at(0, 5));
    expect(reasonOf(cache, 10, 'dek9').cause).toBe('load.after-denial');
    put(cache, { id: 'dek1' });
    expect(reasonOf(cache, 10, 'dek9').cause).toBe('load.first');
    expect(reasonOf(cache, 10, 'dek2').cause).toBe('load.after-denial');
  });

  test('knows one DEK id of two workspaces apart', () => {
    const { cache } = cacheOf();
    put(cache, { workspace: 'beta' });
    expect(reasonOf(cache, 2 * ttlMs).cause).toBe('load.first');
  });

  test('says that it may have forgotten once the memory of DEKs overflowed, oldest first', () => {
    const { cache } = cacheOf(2);
    for (const id of ['dek1', 'dek2']) put(cache, { id });
    cache.sweep(at(ttlMs));
    expect(reasonOf(cache, ttlMs, 'dek9')).not.toHaveProperty('forgotten');
    put(cache, { id: 'dek3' });
    cache.sweep(at(ttlMs));
    expect(reasonOf(cache, ttlMs, 'dek1')).toMatchObject({ cause: 'load.first', forgotten: true });
    expect(reasonOf(cache, ttlMs, 'dek2')).toMatchObject({ cause: 'load.expired' });
    expect(reasonOf(cache, ttlMs, 'dek3')).toMatchObject({ cause: 'load.expired' });
  });
});

test('an answer to what was sent before a denial is known as too late', () => {
  const { cache } = cacheOf();
  cache.deny('key1', at(0, 50));
  expect(cache.deniedSince('key1', at(0, 49))).toBe(true);
  expect(cache.deniedSince('key1', at(0, 50))).toBe(false);
  expect(cache.deniedSince('key2', at(0, 0))).toBe(false);
});

// Long: one scene told in order.
test('the cache answers as a plain list of leases does, whatever happens and however small it is', () => {
  const id = fc.constantFrom('dek1', 'dek2', 'dek3', 'dek4');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('load' as const), id }),
    fc.record({ kind: fc.constant('hit' as const), id }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: ttlMs }) }),
    fc.record({ kind: fc.constant('back' as const), ms: fc.integer({ min: 1, max: ttlMs }) }),
    fc.record({ kind: fc.constant('sweep' as const) }),
    fc.record({ kind: fc.constant('deny' as const) }),
    fc.record({ kind: fc.constant('drop' as const), id }),
  );
  const schedule = fc.record({
    capacity: fc.integer({ min: 1, max: 5 }),
    steps: fc.array(step, { maxLength: 60 }),
  });
  fc.assert(
    fc.property(schedule, ({ capacity, steps }) => {
      const { cache } = cacheOf(100, capacity);
      /** Least recently used first; a DEK whose lease ended keeps its place. */
      let model: DekEntry[] = [];
      const everything: DekEntry[] = [];
      const now = { wall: startAt, monotonic: 0 };
      const runs = ({ loaded }: DekEntry) =>
        now.wall < loaded.wall + ttlMs && now.monotonic < loaded.monotonic + ttlMs;
      const swept = new Set<DekEntry>();
      for (const taken of steps) {
        if (taken.kind === 'load') {
          const entry = put(cache, { id: taken.id, wall: now.wall, mono: now.monotonic });
          model = [...model.filter((known) => known.key !== entry.key), entry].slice(-capacity);
          everything.push(entry);
        } else if (taken.kind === 'hit') {
          const key = keyOf(taken.id);
          const found = model.find((known) => known.key === key);
          const live = found !== undefined && runs(found) && !swept.has(found);
          expect(cache.hit(key, now)?.number).toBe(live ? found.number : undefined);
          if (found !== undefined && !live) swept.add(found);
          if (live) model = [...model.filter((known) => known !== found), found];
        } else if (taken.kind === 'wait') {
          now.wall += taken.ms;
          now.monotonic += taken.ms;
        } else if (taken.kind === 'back') now.wall -= taken.ms;
        else if (taken.kind === 'sweep') {
          cache.sweep(now);
          for (const entry of model) if (!runs(entry)) swept.add(entry);
        } else if (taken.kind === 'drop') {
          const key = keyOf(taken.id);
          cache.drop(key);
          model = model.filter((known) => known.key !== key);
        } else {
          cache.deny('key1', now);
          // A zeroised DEK keeps its place.
          for (const entry of model) swept.add(entry);
        }
        for (const entry of everything) {
          const held = model.includes(entry) && !swept.has(entry);
          const found = live(cache, entry.key, now);
          expect(isSame(found, entry)).toBe(held && runs(entry));
          if (found !== undefined) expect(isGone(cache, found)).toBe(false);
          if (!held) expect(isGone(cache, entry)).toBe(true);
        }
        expect(cache.size).toBe(model.filter((entry) => !swept.has(entry)).length);
      }
    }),
    { numRuns: 500 },
  );
});
