import { describe, expect, test } from 'vitest';
import { detectDrops } from '../../lib/explain/spikes/detect-drops.ts';
import { simulatedCounts } from '../support/simulated-counts.ts';

const day = 1_440;
const life = (given: { days: number; mean: number; wave: number }, seed: number): Float64Array =>
  simulatedCounts({ dispersion: 0.1, spikes: 0, heights: [1, 1], ...given }, seed).counts;
const intervals = (counts: Float64Array) => detectDrops(counts).map(({ from, to }) => [from, to]);

function silent(counts: Float64Array, from: number, to: number): Float64Array {
  return counts.slice().fill(0, from, to);
}

/** Office hours from 8 to 18, and nothing at all at night and on two days in seven. */
function office(days: number, mean: number): Float64Array {
  const counts = life({ days, mean, wave: 0 }, 5);
  return counts.map((n, minute) => {
    const hour = Math.floor(minute / 60) % 24;
    const weekday = Math.floor(minute / day) % 7;
    return hour >= 8 && hour < 18 && weekday < 5 ? n : 0;
  });
}

describe('a drop', () => {
  test('is found with its minutes and what is missing, whether for ten minutes or for hours', () => {
    for (const minutes of [10, 40, 300]) {
      const [drop, ...others] = detectDrops(
        silent(life({ days: 2, mean: 20, wave: 0.4 }, 1), 1_700, 1_700 + minutes),
      );
      expect(others).toEqual([]);
      expect([drop?.from, drop?.to]).toEqual([1_700, 1_700 + minutes]);
      expect(drop?.count).toBe(0);
      expect(drop?.expected).toBeGreaterThan(minutes * 10);
    }
  });

  test('of one request a minute is found within three quarters of an hour', () => {
    const counts = silent(life({ days: 1, mean: 1, wave: 0 }, 2), 800, 860);
    expect(intervals(counts)).toEqual([[expect.any(Number), expect.any(Number)]]);
  });

  test('to a quarter is one too, and to three quarters none', () => {
    const counts = life({ days: 1, mean: 40, wave: 0 }, 3);
    const less = (share: number) =>
      counts.map((n, at) => (at >= 900 && at < 960 ? Math.floor(n * share) : n));
    expect(intervals(less(0.25))).toHaveLength(1);
    expect(intervals(less(0.75))).toEqual([]);
  });

  test('that lasts to the end ends there', () => {
    const counts = silent(life({ days: 1, mean: 20, wave: 0 }, 4), 1_400, 1_440);
    expect(intervals(counts)).toEqual([[1_400, 1_440]]);
  });
});

describe('no drop', () => {
  test('is in two weeks of a wave with quiet nights', () => {
    for (const seed of [1, 2, 3])
      expect(intervals(life({ days: 14, mean: 15, wave: 0.95 }, seed))).toEqual([]);
  });

  test('is the end of a day’s work once a day of it is known, nor the weekend', () => {
    const days = intervals(office(14, 20)).map(([from = 0]) => Math.floor(from / day));
    expect(days.filter((of) => of > 0)).toEqual([]);
  });

  test('but work that stops at noon on a later day is one', () => {
    const noon = 9 * day + 12 * 60;
    const found = intervals(silent(office(14, 20), noon, noon + 60));
    expect(found).toContainEqual([noon, noon + 60]);
  });

  test('is the rest between bursts, whatever their period and however many there were', () => {
    for (let period = 2; period < 120; period += 1)
      for (const bursts of [3, 6, 20]) {
        const counts = new Float64Array(day);
        for (let no = 0; no < bursts; no += 1) counts[5 + no * period] = 300;
        const whole = counts.subarray(0, Math.min(day, 5 + bursts * period));
        expect([period, intervals(whole)]).toEqual([period, []]);
      }
  });

  test.each([
    ['nothing', []],
    ['zeros', new Array(500).fill(0)],
    ['what is no count', new Array(500).fill(Number.NaN)],
    ['one event', [...new Array(300).fill(0), 1, ...new Array(300).fill(0)]],
  ])('is in %s', (_, counts) => {
    expect(detectDrops(counts)).toEqual([]);
  });
});
