import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  detectSpikes,
  expectedCounts,
  type FoundSpike,
  spikeSetting,
} from '../../lib/explain/spikes/detect-spikes.ts';
import {
  type AttributedCalls,
  rankCombinations,
} from '../../lib/explain/spikes/rank-combinations.ts';
import { simulatedCounts } from '../support/simulated-counts.ts';

const dayMinutes = 1_440;
const weekMs = 7 * dayMinutes * 60_000;

const spikesOf = (counts: ArrayLike<number>): FoundSpike[] => detectSpikes({ start: 0, counts });

/** Two days: quiet or busy, diurnal, overdispersed, with spikes. */
const traffic = fc.record({
  seed: fc.nat({ max: 2 ** 31 - 1 }),
  mean: fc.constantFrom(0.2, 3, 30, 400),
  spikes: fc.nat({ max: 4 }),
});
const countsOf = ({ seed, ...of }: { seed: number; mean: number; spikes: number }) =>
  simulatedCounts({ days: 2, wave: 0.6, dispersion: 0.1, heights: [2, 12], ...of }, seed).counts;
const anyCounts = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: fc.nat({ max: 9 }) },
      fc.nat({ max: 1e6 }),
      fc.constantFrom(Number.NaN, -1),
    ),
    { maxLength: 700 },
  )
  .map((counts) => Float64Array.from(counts));

function expectWellFormed(counts: Float64Array): void {
  let before = 0;
  for (const spike of spikesOf(counts)) {
    expect(spike.from).toBeGreaterThanOrEqual(before);
    expect(spike.peak).toBeGreaterThanOrEqual(spike.from);
    expect(spike.to).toBeGreaterThan(spike.peak);
    expect(spike.to).toBeLessThanOrEqual(counts.length);
    const minutes = counts.slice(spike.from, spike.to).filter((n) => n > 0);
    expect(spike.count).toBe(minutes.reduce((sum, n) => sum + n, 0));
    expect(spike.count - spike.expected).toBeGreaterThanOrEqual(spikeSetting.excessMin);
    expect(spike.pValue).toBeLessThan(spikeSetting.openP);
    expect(Object.values(spike).every(Number.isFinite)).toBe(true);
    before = spike.to;
  }
  const expected = expectedCounts({ start: 0, counts });
  expect(expected.every((n) => Number.isFinite(n) && n >= 0)).toBe(true);
}

describe('spikes', () => {
  test('are apart, in order, count their minutes and exceed what is expected', () => {
    fc.assert(
      fc.property(traffic, (of) => expectWellFormed(countsOf(of))),
      { numRuns: 50 },
    );
  });

  test('are so too in counts that no traffic makes', () => {
    fc.assert(
      fc.property(anyCounts, (counts) => expectWellFormed(counts)),
      { numRuns: 50 },
    );
  });

  test('of which one was planted has it first by excess', () => {
    const place = fc.integer({ min: 150, max: 2 * dayMinutes - 20 });
    fc.assert(
      fc.property(traffic, place, fc.integer({ min: 1, max: 9 }), (of, from, length) => {
        const counts = countsOf(of);
        const most = counts.reduce((all, n) => Math.max(all, n), 0);
        const planted = counts.slice();
        for (let minute = from; minute < from + length; minute += 1)
          planted[minute] = (counts[minute] ?? 0) + 12 * most + 60;
        const [first] = spikesOf(planted).sort(
          (a, b) => b.count - b.expected - (a.count - a.expected),
        );
        expect(first?.from).toBeLessThanOrEqual(from);
        expect(first?.to).toBeGreaterThanOrEqual(from + length);
      }),
      { numRuns: 60 },
    );
  });

  test('move with time: by whole weeks, and by hours of zeros before the first call', () => {
    fc.assert(
      fc.property(traffic, fc.nat({ max: 50 }), fc.nat({ max: 9 }), (of, hours, weeks) => {
        const zeros = 60 * hours;
        const counts = countsOf(of);
        const found = spikesOf(counts);
        expect(detectSpikes({ start: weeks * weekMs, counts })).toEqual(found);
        const later = new Float64Array(zeros + counts.length);
        later.set(counts, zeros);
        const moved = found.map((spike) => ({
          ...spike,
          from: spike.from + zeros,
          to: spike.to + zeros,
          peak: spike.peak + zeros,
        }));
        expect(spikesOf(later)).toEqual(moved);
      }),
      { numRuns: 40 },
    );
  });

  test('that are over do not change by what comes after', () => {
    fc.assert(
      fc.property(traffic, fc.integer({ min: 300, max: 2 * dayMinutes }), (of, end) => {
        const counts = countsOf(of);
        // A series is judged from its first call on, and needs two hours to begin with.
        fc.pre(counts.subarray(0, 100).some((n) => n > 0));
        const settled = spikeSetting.refractoryMinutes + spikeSetting.burstMinutes;
        const over = ({ to }: FoundSpike) => to < end - settled;
        expect(spikesOf(counts.slice(0, end)).filter(over)).toEqual(spikesOf(counts).filter(over));
      }),
      { numRuns: 40 },
    );
  });
});

const options = { insideMs: 60_000, aroundMs: 240_000, max: 5 };
const value = fc.constantFrom('a', 'b', 'c');
const rows: fc.Arbitrary<AttributedCalls[]> = fc.array(
  fc.record({
    values: fc.record({ x: value, y: value, z: value }, { requiredKeys: ['x'] }),
    n: fc.nat({ max: 300 }),
  }),
  { maxLength: 40 },
);
const holds = (values: Record<string, string>, row: AttributedCalls) =>
  Object.entries(values).every(([name, of]) => row.values[name] === of);
const sum = (of: readonly AttributedCalls[]) => of.reduce((all, { n }) => all + n, 0);

describe('ranked combinations', () => {
  test('have shares from 0 to 1, and each counts its calls that none before it has', () => {
    fc.assert(
      fc.property(rows, rows, (inside, around) => {
        let left = inside;
        for (const one of rankCombinations(inside, around, options)) {
          expect(one.share).toBeGreaterThan(0);
          expect(one.share).toBeLessThanOrEqual(1);
          expect(one.rate).toBeGreaterThan(one.rateAround);
          expect(one.n).toBe(sum(left.filter((row) => holds(one.values, row))));
          left = left.filter((row) => !holds(one.values, row));
        }
      }),
    );
  });

  test('do not depend on the order of the rows, nor on how calls are put into rows', () => {
    fc.assert(
      fc.property(rows, rows, fc.nat({ max: 299 }), (inside, around, part) => {
        const ranked = rankCombinations(inside, around, options);
        const mixed = [...inside].reverse().flatMap((row) => {
          const n = Math.min(part, row.n);
          return [
            { ...row, n },
            { values: Object.fromEntries(Object.entries(row.values).reverse()), n: row.n - n },
          ];
        });
        expect(rankCombinations(mixed, [...around].reverse(), options)).toEqual(ranked);
      }),
    );
  });

  test('have a planted one first', () => {
    const planted = fc
      .subarray(['x', 'y', 'z'], { minLength: 1, maxLength: 3 })
      .chain((names) =>
        fc
          .tuple(...names.map(() => value))
          .map((of) => Object.fromEntries(names.map((name, at) => [name, of[at] ?? 'a']))),
      );
    const letters = ['a', 'b', 'c'];
    const usual = fc.array(fc.integer({ min: 5, max: 40 }), { minLength: 27, maxLength: 27 });
    fc.assert(
      fc.property(planted, usual, (values, counts) => {
        const cells = counts.map((n, at) => {
          const of = (place: number) => letters[Math.floor(at / place) % 3] ?? 'a';
          return { values: { x: of(1), y: of(3), z: of(9) }, n };
        });
        const around = cells.map((cell) => ({ ...cell, n: 4 * cell.n }));
        const inside = cells.map((cell) =>
          holds(values, cell) ? { ...cell, n: 8 * cell.n } : cell,
        );
        expect(rankCombinations(inside, around, options)[0]?.values).toEqual(values);
      }),
    );
  });
});
