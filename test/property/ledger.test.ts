import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildLedger } from '../../lib/explain/ledger/ledger.ts';
import { countsOf } from '../../lib/explain/ledger/ledger-counts.ts';
import { buildWaterfall } from '../../lib/explain/ledger/waterfall.ts';
import { type Counts, consistent } from '../support/facts.ts';

const n = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }));
const many = fc.integer({ min: 0, max: 5_000 });
const counts: fc.Arbitrary<Counts> = fc.record({
  messages: many,
  hit: many,
  coalesced: n,
  miss: many,
  refused: n,
  adopted: n,
  refreshed: n,
  validated: n,
  retries: n,
  neverSent: n,
  denied: n,
  wrongKey: n,
  throttled: n,
  noAnswer: n,
  pending: n,
  edgeAttempts: n,
  edgeEvents: n,
  lost: n,
  suspect: n,
  replayed: n,
  stranger: n,
  other: n,
});
const facts = counts.map(consistent).filter((found) => found !== null);

describe('the ledger', () => {
  test('of facts that are whole has no residual, and each line is the sum of its terms', () => {
    fc.assert(
      fc.property(facts, (whole) => {
        const { lines, residual } = buildLedger(whole);
        expect(residual).toBe(0);
        for (const { total, terms } of lines)
          expect(terms.reduce((all, { value }) => all + value, 0)).toBe(total);
      }),
    );
  });

  test('refuses to balance when a part of a count is gone', () => {
    const within = counts
      .map((given) => consistent({ ...given, edgeAttempts: 0, edgeEvents: 0 }))
      .filter((found) => found !== null);
    fc.assert(
      fc.property(within, fc.nat(), fc.integer({ min: 1, max: 9 }), (whole, at, less) => {
        const tied = whole.sums.filter(({ measure, label, n: count }) => {
          if (count < less || label === 'unmatched:ok') return false;
          // Hits, copies and other people's events stand for themselves: nothing else must equal them.
          if (measure === 'operations') return label === 'message:miss';
          return measure === 'events' ? label === 'matched' : measure !== 'messages';
        });
        const victim = tied[at % tied.length];
        fc.pre(victim !== undefined);
        const sums = whole.sums.map((one) => (one === victim ? { ...one, n: one.n - less } : one));
        const { lines, residual } = buildLedger({ ...whole, sums });
        expect(residual).toBeGreaterThanOrEqual(less);
        for (const { total, terms, residual: rest } of lines)
          expect(terms.reduce((all, { value }) => all + value, 0) + rest).toBe(total);
      }),
    );
  });
});

describe('the waterfall', () => {
  test('stands on the ledger’s counts: the deltas between two totals sum exactly to the second', () => {
    fc.assert(
      fc.property(facts, (whole) => {
        const steps = buildWaterfall(countsOf(whole));
        let level = steps[0]?.value ?? -1;
        for (const { kind, value } of steps.slice(1)) {
          if (kind === 'delta') level += value;
          else expect(level).toBe(value);
        }
        const totals = steps.filter(({ kind }) => kind === 'total').map(({ id }) => id);
        expect(totals).toEqual(['messages', 'operations', 'requests', 'events']);
      }),
    );
  });

  test('ends where the log does, also when the ledger does not balance', () => {
    fc.assert(
      fc.property(facts, fc.nat({ max: 20 }), (whole, more) => {
        const sums = whole.sums.map((one) =>
          one.label === 'load.first' ? { ...one, n: one.n + more } : one,
        );
        const steps = buildWaterfall(countsOf({ ...whole, sums }));
        const to = steps.findIndex(({ id }) => id === 'requests');
        const from = steps.findIndex(({ id }) => id === 'operations');
        const deltas = steps.slice(from, to).reduce((all, { value }) => all + value, 0);
        expect(deltas).toBe(steps[to]?.value);
      }),
    );
  });
});
