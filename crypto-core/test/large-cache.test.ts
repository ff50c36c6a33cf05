/** Very many DEKs do not block the event loop, and an AbortSignal of many waiters has one listener. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DekCache } from '../src/dek-cache.ts';
import type { DekEntry } from '../src/dek-entry.ts';
import { DekTable } from '../src/dek-table.ts';
import { KeySlab } from '../src/key-slab.ts';
import type { Instant } from '../src/steady-clock.ts';
import { Counters } from '../src/telemetry/counters.ts';
import { leaseBucketsMs } from '../src/telemetry/port.ts';
import { codeOf, harness, hourMs, minuteMs, startAt } from './support.ts';

const ttlMs = hourMs;
const perTurn = 4_096;

function cacheOf(capacity = 2 ** 17) {
  const turns: (() => void)[] = [];
  const nextTurn = () => new Promise<void>((resolve) => turns.push(resolve));
  const [counters, keys] = [new Counters(), new KeySlab()];
  const options = { counters, keys, heldMemoryMax: 2 ** 17, capacity, ttlMs, nextTurn };
  const turn = async () => {
    for (const resolve of turns.splice(0)) resolve();
    await new Promise(setImmediate);
  };
  return { cache: new DekCache(options), keys, turn, waiting: () => turns.length };
}

const numberOf = (entry: DekEntry) => entry.number;
const at = (ms: number): Instant => ({ wall: startAt + ms, monotonic: ms });
let seq = 0;

function put(
  cache: DekCache,
  keyUri: string,
  loaded: Instant,
  leaseMs = ttlMs,
  id?: string,
): DekEntry {
  seq += 1;
  const key = `${(id ?? String(seq)).padEnd(16)}acme`;
  return cache.put(
    {
      key,
      workspace: 'acme',
      keyUri,
      loaded,
      leaseMs,
      refreshAheadMs: 0,
      lineage: { seq, rootSeq: seq, generation: 0 },
    },
    { dataKey: Buffer.alloc(32, 7), commitment: Buffer.alloc(32, 9) },
  );
}

describe('very many DEKs', () => {
  const many = 3 * perTurn + 5;

  test('that expire together are out of use at once, and zeroised some in each turn', async () => {
    const { cache, turn, waiting } = cacheOf();
    const entries = Array.from({ length: many }, () => put(cache, 'k1', at(0)));
    cache.sweep(at(ttlMs));
    expect(cache.size).toBe(many - perTurn);
    for (const entry of entries) expect(cache.holds(entry, at(ttlMs))).toBe(false);
    while (waiting() > 0) await turn();
    expect(cache.size).toBe(0);
    expect(entries.every((entry) => !entry.held)).toBe(true);
  });

  test('of a key that is denied are out of use at once, and zeroised some in each turn', async () => {
    const { cache, turn, waiting } = cacheOf();
    const other = put(cache, 'k2', at(0));
    const entries = Array.from({ length: many }, () => put(cache, 'k1', at(0)));
    cache.deny('k1', at(1));
    expect(cache.size).toBe(many + 1 - perTurn);
    expect([...cache.entries()].map(numberOf)).toEqual([other.number]);
    const last = entries.at(-1);
    expect(last?.held).toBe(true);
    expect(cache.hit(last?.key ?? '', at(1))).toBeUndefined();
    expect(last?.held).toBe(false);
    // A DEK that the KMS gives meanwhile is new and stays.
    const again = put(cache, 'k1', at(2), ttlMs, 'again');
    while (waiting() > 0) await turn();
    expect([...cache.entries()].map(numberOf)).toEqual([other, again].map(numberOf));
    expect(cache.size).toBe(2);
    expect(cache.loadReason({ key: entries[0]?.key ?? '', keyUri: 'k1' }, startAt + 3).cause).toBe(
      'load.after-denial',
    );
  });

  test('in use are told of by minute without looking at those that are not', () => {
    const { cache } = cacheOf();
    const entries = Array.from({ length: 1_000 }, () => put(cache, 'k1', at(0)));
    const [one] = entries;
    if (one === undefined) throw new Error('there is none');
    const minute = startAt / minuteMs;
    cache.count(one, minute, 5);
    using looks = vi.spyOn(DekTable.prototype, 'real');
    cache.flushActivity();
    expect(new Set(looks.mock.calls.map(([slot]) => slot))).toEqual(new Set([one.slot]));
    looks.mockClear();
    cache.flushActivity();
    expect(looks).not.toHaveBeenCalled();
  });
});

test('what is counted of leases is what a look at every one would count', () => {
  const lease = fc.record({
    loaded: fc.integer({ min: 0, max: 5 * hourMs }),
    leaseMs: fc.integer({ min: 1, max: ttlMs }),
    /** How much sooner the lease ends by the wall clock: under a second. */
    behindMs: fc.integer({ min: 0, max: 999 }),
  });
  fc.assert(
    fc.property(fc.array(lease, { maxLength: 80 }), fc.nat(6 * hourMs), (leases, nowMs) => {
      const { cache } = cacheOf();
      const entries = leases.map(({ loaded, leaseMs, behindMs }) =>
        put(cache, 'k', { wall: startAt + loaded - behindMs, monotonic: loaded }, leaseMs),
      );
      const now = at(nowMs);
      const running = entries.filter((entry) => entry.remainingMs(now) > 0);
      const remaining = leaseBucketsMs.map(() => 0);
      for (const entry of running) {
        const bucket = leaseBucketsMs.findIndex((upToMs) => entry.remainingMs(now) <= upToMs);
        remaining[bucket] = (remaining[bucket] ?? 0) + 1;
      }
      const ages = running.map((entry) => nowMs - entry.loadedMonotonic);
      expect(cache.leases(now)).toEqual({ remaining, oldestMs: Math.max(0, ...ages) });
      cache.sweep(now);
      expect([...cache.entries()].map(numberOf)).toEqual(running.map(numberOf));
    }),
  );
});

test('with several keys the cache gives up what a plain list of lists would', () => {
  const step = fc.record({
    key: fc.constantFrom('k1', 'k2', 'k3', 'k4'),
    id: fc.nat(9),
    load: fc.boolean(),
  });
  const schedule = fc.record({
    capacity: fc.integer({ min: 1, max: 6 }),
    steps: fc.array(step, { maxLength: 80 }),
  });
  fc.assert(
    fc.property(schedule, ({ capacity, steps }) => {
      const { cache } = cacheOf(capacity);
      /** Keys by their last use, oldest first. Each has as many DEKs. */
      let model: { key: string; ids: string[] }[] = [];
      for (const { key, id, load } of steps) {
        const name = `${key}.${id}`;
        const of = model.find((group) => group.key === key);
        if (load) put(cache, key, at(0), ttlMs, name);
        else {
          const hit = cache.hit(`${name.padEnd(16)}acme`, at(1));
          expect(hit !== undefined).toBe(of?.ids.includes(name) ?? false);
          if (hit === undefined) continue;
        }
        const ids = [...(of?.ids.filter((one) => one !== name) ?? []), name];
        model = [...model.filter((group) => group !== of), { key, ids }];
        if (model.reduce((sum, group) => sum + group.ids.length, 0) > capacity) {
          const most = Math.max(...model.map((group) => group.ids.length));
          const largest = model.find((group) => group.ids.length === most);
          largest?.ids.shift();
          // Of the keys with as many DEKs, it is the most recently used one.
          if (largest !== undefined)
            model = [...model.filter((group) => group !== largest), largest].filter(
              (group) => group.ids.length > 0,
            );
        }
        const held = model.flatMap((group) => group.ids).sort();
        expect([...cache.entries()].map((entry) => entry.key.slice(0, 16).trim()).sort()).toEqual(
          held,
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('20,000 waiters under one signal are one listener, and all end when it is aborted', async () => {
  const { engine, kms } = harness();
  const gate = Promise.withResolvers<void>();
  kms.always('Encrypt', gate.promise);
  const leaving = new AbortController();
  let listeners = 0;
  const add = leaving.signal.addEventListener.bind(leaving.signal);
  leaving.signal.addEventListener = (...words: Parameters<typeof add>) => {
    listeners += 1;
    add(...words);
  };
  const binding = { workspace: 'acme', signal: leaving.signal };
  const waiting = Array.from({ length: 20_000 }, () =>
    codeOf(engine.encrypt(Buffer.from('x'), binding)),
  );
  await new Promise(setImmediate);
  expect(listeners).toBe(1);
  leaving.abort();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['aborted']));
  gate.resolve();
  await engine.encrypt(Buffer.from('x'), { workspace: 'acme' });
});
