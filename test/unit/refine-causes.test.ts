import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FleetBoot, type FleetCall, refineCauses } from '../../lib/correlate/refine-causes.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2026, 10, 24, 12);

const boot = (process: string, startedAt: number): FleetBoot => ({
  process,
  boot: 'boot0001',
  startedAt,
  ttlMs: hourMs,
  dekRotationMs: 24 * hourMs,
});
const boots = [boot('old', now - 48 * hourMs), boot('new', now - hourMs / 2)];

const call = (given: Partial<FleetCall>): FleetCall => ({
  process: 'old',
  boot: 'boot0001',
  seq: 1,
  at: now,
  dek: 'd',
  cause: 'load.first',
  dekAgeMs: hourMs,
  leaseEndsAt: now + hourMs,
  ...given,
});
const held = (leaseEndsAt: number) =>
  call({ process: 'other', seq: 9, at: leaseEndsAt - hourMs, cause: 'load.expired', leaseEndsAt });

const refined = (first: FleetCall, ...others: FleetCall[]) =>
  refineCauses([first, ...others], boots)[0];

describe('a first load is', () => {
  test('historical past its rotation age where nobody held the DEK within the TTL', () => {
    const old = call({ dekAgeMs: 24 * hourMs });
    expect(refined(old)).toBe('load.first.historical');
    expect(refined(old, held(now - hourMs))).toBe('load.first.historical');
    expect(refined(call({ dekAgeMs: 24 * hourMs, process: 'new' }))).toBe('load.first.historical');
  });

  test('a cold start in a process younger than the TTL, whoever else held the DEK', () => {
    expect(refined(call({ process: 'new' }))).toBe('load.first.cold-start');
    expect(refined(call({ process: 'new' }), held(now))).toBe('load.first.cold-start');
    expect(refined(call({ process: 'new', dekAgeMs: 24 * hourMs }), held(now))).toBe(
      'load.first.cold-start',
    );
  });

  test('a fan-out where another process held the DEK within the TTL', () => {
    expect(refined(call({}), held(now - hourMs + 1))).toBe('load.first.fan-out');
    expect(refined(call({ dekAgeMs: 30 * hourMs }), held(now + 1))).toBe('load.first.fan-out');
  });

  test('left as it is where none of these holds', () => {
    expect(refined(call({}))).toBe('load.first');
    expect(refined(call({}), held(now - hourMs))).toBe('load.first');
    expect(refined(call({ process: 'unheard-of' }))).toBe('load.first');
    // What came later held nothing before, and a denied load gave no lease.
    expect(refined(call({}), call({ process: 'other', at: now + 1 }))).toBe('load.first');
    expect(refined(call({}), call({ process: 'other', at: now - 1, leaseEndsAt: null }))).toBe(
      'load.first',
    );
  });
});

test('all other causes stay, and the order in which calls became known is irrelevant', () => {
  const some = fc.record({
    process: fc.constantFrom('old', 'new', 'other'),
    seq: fc.nat(99),
    at: fc.integer({ min: -4, max: 4 }).map((hours) => now + hours * hourMs),
    dek: fc.constantFrom('d', 'e'),
    cause: fc.constantFrom('load.first', 'load.expired', 'dek.rotation'),
    dekAgeMs: fc.constantFrom(null, 0, 25 * hourMs),
    leaseEndsAt: fc.constantFrom(null, now, now + 2 * hourMs),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 12 }), (given) => {
      const calls = given.map((one) => call(one));
      const found = refineCauses(calls, boots);
      for (const [at, { cause }] of calls.entries())
        if (cause !== 'load.first') expect(found[at]).toBe(cause);
      expect(refineCauses([...calls].reverse(), boots).reverse()).toEqual(found);
    }),
  );
});
