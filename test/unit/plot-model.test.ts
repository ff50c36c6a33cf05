import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countTicks, linePath, percent, placeIn } from '../../components/charts/model/plot.ts';

describe('ticks of a count', () => {
  test('are round, begin at zero and hold the most, whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (most) => {
        const ticks = countTicks(most);
        const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(Math.max(most, 1));
        expect((ticks.at(-1) ?? 0) - step).toBeLessThan(Math.max(most, 1));
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(String(step)).toMatch(/^[125]0*$/);
      }),
    );
  });

  test('of fractions are whole', () => {
    expect(countTicks(2.4)).toEqual([0, 1, 2, 3]);
  });
});

test('a stretch is cut to the range, and none where it lies outside', () => {
  const range = { from: 100, to: 200 };
  expect(placeIn({ from: 50, to: 150 }, range)).toEqual({ x: 0, width: 0.5 });
  expect(placeIn({ from: 175, to: 400 }, range)).toEqual({ x: 0.75, width: 0.25 });
  expect(placeIn({ from: 200, to: 300 }, range)).toBeNull();
});

test('a line is a step where its points have a length, and parted where nothing is known', () => {
  const x = { from: 0, to: 4 };
  const steps = [
    { from: 0, to: 1, value: 10 },
    { from: 1, to: 2, value: null },
    { from: 2, to: 4, value: 5 },
  ];
  expect(linePath(steps, x, 10)).toBe('M0 0H0.25M0.5 0.5H1');
  const points = [
    { from: 0, to: 0, value: 0 },
    { from: 4, to: 4, value: 10 },
  ];
  expect(linePath(points, x, 10)).toBe('M0 1L1 0');
});

test('shares are written as few digits as a screen can show', () => {
  expect([percent(1 / 3), percent(0), percent(1)]).toEqual(['33.333%', '0%', '100%']);
});
