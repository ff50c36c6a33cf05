import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { findBursts } from '../../lib/explain/pattern/find-bursts.ts';
import { findPeriod } from '../../lib/explain/pattern/find-period.ts';
import { hourRows } from '../../lib/explain/pattern/hour-rows.ts';
import { loadChains } from '../../lib/explain/pattern/load-chains.ts';
import { findPattern, type PatternFound } from '../../lib/explain/pattern/pattern.ts';
import { countsOf, echoCalls, jobCalls, poissonCalls, tracedOf } from '../support/echo-traces.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const start = Date.UTC(2026, 10, 23);

/** Minute counts with bursts, from an instant in the hour on. */
const counts = fc
  .record({
    length: fc.integer({ min: 1, max: 900 }),
    base: fc.integer({ min: 0, max: 20 }),
    bursts: fc.array(fc.record({ at: fc.nat(899), n: fc.integer({ min: 1, max: 5_000 }) }), {
      maxLength: 30,
    }),
  })
  .map(({ length, base, bursts }) => {
    const made = new Float64Array(length).fill(base);
    for (const { at, n } of bursts) if (at < length) made[at] = (made[at] ?? 0) + n;
    return made;
  });

/** A deploy and a job that do not cross, from a seed, shifted by some ms. */
function trace(seed: number, shiftMs = 0) {
  const random = seededRandom(seed);
  const window = { from: start + shiftMs, to: start + shiftMs + 14 * hourMs };
  const calls = [
    ...echoCalls({
      random,
      ...window,
      rootAt: window.from + Math.floor(random() * 3) * hourMs + (45 + 25 * random()) * minuteMs,
      deks: 600,
      usesPerHour: 40 + Math.floor(random() * 80),
    }),
    ...jobCalls({
      random,
      instants: Array.from(
        { length: 14 },
        (_, hour) => window.from + hour * hourMs + 41 * minuteMs,
      ),
      n: 150,
    }),
    ...poissonCalls({ random, ...window, perMinute: 4 }),
  ];
  const series = countsOf(calls, window);
  const bursts = findBursts(series);
  return { window, series, bursts, calls, traced: tracedOf(calls, bursts, series) };
}

const found = ({ window, bursts, calls, traced }: ReturnType<typeof trace>): PatternFound =>
  findPattern({
    window,
    unit: 'calls',
    calls: calls.length,
    bursts,
    chains: loadChains(bursts, traced),
    ttlMs: hourMs,
    accessesPerHour: 30,
  });

const seeds = fc.nat({ max: 2 ** 31 });

/** What is said of lines, without words, which name instants. */
const shapeOf = ({ lines, period }: PatternFound, shiftMs: number) => ({
  lines: lines.map(({ kind, points }) => ({
    kind,
    points: points.map(({ at, calls }) => [Math.round((at - shiftMs) / 1000), calls]),
  })),
  period: period && [Math.round(period.foundMs / 1000), period.cohorts, period.confirmed],
});

describe('the heatmap', () => {
  test('has sixty minutes in every hour the window touches, and their sum is the window’s', () => {
    fc.assert(
      fc.property(counts, fc.nat({ max: 59 }), fc.nat({ max: 20 }), (made, minute, covered) => {
        const from = start + minute * minuteMs;
        const to = from + made.length * minuteMs;
        const completeUntil = covered === 0 ? null : start + covered * hourMs;
        const rows = hourRows({ start: from, counts: made }, { from, to, completeUntil });
        expect(rows.every(({ minutes }) => minutes.length === 60)).toBe(true);
        expect(rows.flatMap(({ minutes }) => minutes).reduce((a, b) => a + b, 0)).toBe(
          made.reduce((a, b) => a + b, 0),
        );
        expect(rows).toHaveLength(Math.ceil((minute + made.length) / 60));
        for (const { hour, incomplete } of rows)
          expect(incomplete).toBe(
            completeUntil === null || Math.min(hour + hourMs, to) > completeUntil,
          );
      }),
    );
  });

  test('is the same rows later when everything is whole hours later', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 5_000 }), (made, hours) => {
        const shift = hours * hourMs;
        const rowsFrom = (from: number) =>
          hourRows(
            { start: from, counts: made },
            { from, to: from + made.length * minuteMs, completeUntil: from + 2 * hourMs },
          );
        expect(rowsFrom(start + shift)).toEqual(
          rowsFrom(start).map((row) => ({ ...row, hour: row.hour + shift })),
        );
      }),
    );
  });
});

describe('lines and period', () => {
  test('move with the data when everything is whole hours later', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 2_000 }), (seed, hours) => {
        const shift = hours * hourMs;
        expect(shapeOf(found(trace(seed, shift)), shift)).toEqual(shapeOf(found(trace(seed)), 0));
      }),
      { numRuns: 20 },
    );
  });

  test('do not depend on the order in which lineage is read', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const facts = trace(seed);
        const random = seededRandom(seed + 1);
        const shuffled = facts.traced
          .map((row) => ({ row, place: random() }))
          .sort((a, b) => a.place - b.place)
          .map(({ row }) => row);
        expect(found({ ...facts, traced: shuffled })).toEqual(found(facts));
      }),
      { numRuns: 20 },
    );
  });

  test('find a planted echo and a planted job, whatever the seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { lines } = found(trace(seed));
        expect(lines.some(({ kind, points }) => kind === 'echo' && points.length > 1)).toBe(true);
        expect(lines.some(({ kind, points }) => kind === 'schedule' && points.length > 5)).toBe(
          true,
        );
      }),
      { numRuns: 40 },
    );
  });

  test('hold no number that is none, and no point twice, for any counts', () => {
    fc.assert(
      fc.property(counts, fc.option(fc.nat({ max: 500 })), (made, accessesPerHour) => {
        const window = { from: start, to: start + made.length * minuteMs };
        const pattern = findPattern({
          window,
          unit: 'events',
          calls: made.reduce((a, b) => a + b, 0),
          bursts: findBursts({ start, counts: made }),
          chains: [],
          ttlMs: accessesPerHour === null ? null : hourMs,
          accessesPerHour,
        });
        const text = JSON.stringify(pattern);
        expect(JSON.parse(text)).toEqual(pattern);
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
        expect(pattern.spectrum.length).toBeLessThanOrEqual(400);
        const points = pattern.lines.flatMap(({ points: own }) => own.map(({ at }) => at));
        expect(new Set(points).size).toBe(points.length);
        for (const at of points) {
          expect(at).toBeGreaterThanOrEqual(window.from);
          expect(at).toBeLessThan(window.to);
        }
        if (pattern.period !== null) {
          expect(pattern.period.pValue).toBeGreaterThanOrEqual(0);
          expect(pattern.period.pValue).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

test('the period does not depend on the order of the cohorts, nor on when they begin', () => {
  const cohorts = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 30 * hourMs }),
      chain: fc.constantFrom(null, 'a', 'b'),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(cohorts, fc.integer({ min: 0, max: 2 ** 40 }), (given, shift) => {
      const period = findPeriod(given);
      expect(findPeriod(given.toReversed())).toEqual(period);
      const later = findPeriod(given.map(({ at, chain }) => ({ at: at + shift, chain })));
      expect(later).toEqual(period);
    }),
  );
});
