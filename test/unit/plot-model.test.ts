import { describe, expect, test } from 'vitest';
import {
  countTicks,
  cutStops,
  percent,
  shareOf,
  stepPath,
  stopAt,
  stopNear,
} from '../../components/charts/model/plot.ts';

test('an axis begins at nothing, ends at the most or just above, and names few whole counts', () => {
  for (let most = 0; most < 12_000; most += 7) {
    const ticks = countTicks(most);
    const top = ticks.at(-1) ?? 0;
    expect(ticks[0]).toBe(0);
    expect(top).toBeGreaterThanOrEqual(Math.max(1, most));
    expect(top).toBeLessThan(Math.max(2, most * 2 + 1));
    expect(ticks.length).toBeLessThanOrEqual(6);
    expect(ticks.every(Number.isInteger)).toBe(true);
  }
  expect(countTicks(98)).toEqual([0, 25, 50, 75, 100]);
});

test('a chart shows its own bucket at the cursor, wherever its buckets lie; else the nearest', () => {
  const stops = [0, 60, 120].map((from) => ({ from, to: from + 50 }));
  const shown = (at: number) => stopAt(stops, at)?.from;
  expect([-5, 0, 49, 52, 58, 60, 119, 999].map(shown)).toEqual([0, 0, 0, 0, 60, 60, 120, 120]);
  expect(stopAt([], 5)).toBe(null);
});

describe('a path of steps', () => {
  const levels = [3, null, 5, 1].map((value, index) => ({
    from: index * 60_000,
    to: (index + 1) * 60_000,
    value,
  }));
  test('leaves a gap where a level is not known', () => {
    expect(stepPath(levels, { from: 0, top: 10 })).toBe('M0 7V7H1M2 5V5H3V9H4');
  });
  test('closed, stands on zero at both ends of each stretch', () => {
    const path = stepPath(levels, { from: 0, top: 10, isClosed: true });
    expect(path).toBe('M0 10V7H1V10M2 10V5H3V9H4V10');
  });
});

test('what reaches beyond the window is told apart, what ends with it is not', () => {
  const stops = [0, 30, 60].map((from) => ({ from, to: from + 30 }));
  expect(cutStops(stops, { from: 10, to: 70 })).toEqual([stops[0], stops[2]]);
  expect(cutStops(stops, { from: 0, to: 90 })).toEqual([]);
});

test('a place is a share of the span, and of no span the start', () => {
  expect(percent(shareOf(15, { from: 10, to: 30 }))).toBe('25%');
  expect(shareOf(15, { from: 10, to: 10 })).toBe(0);
});

test('another chart’s instant is read only where a chart has that time, give or take a stop', () => {
  const stops = [
    { from: 10, to: 20 },
    { from: 20, to: 30 },
  ];
  const shown = (at: number) => stopNear(stops, at)?.from ?? null;
  expect([-5, 0, 12, 29, 40, 41].map(shown)).toEqual([null, 10, 10, 20, 20, null]);
  expect(stopNear([], 5)).toBe(null);
});
