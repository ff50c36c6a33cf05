import { describe, expect, test } from 'vitest';
import {
  benjaminiHochberg,
  detectSpikes,
  expectedCounts,
  type FoundSpike,
} from '../../lib/explain/spikes/detect-spikes.ts';
import { normalTail } from '../../lib/explain/spikes/normal-tail.ts';
import { RollingLeast, RollingQuantiles } from '../../lib/explain/spikes/rolling-quantiles.ts';
import { randomOf, simulatedCounts } from '../support/simulated-counts.ts';

const day = 1_440;
const start = Date.UTC(2026, 10, 2);

const spikesOf = (counts: ArrayLike<number>): FoundSpike[] => detectSpikes({ start, counts });
const intervals = (counts: ArrayLike<number>) => spikesOf(counts).map(({ from, to }) => [from, to]);

/** A steady series, the same at every run: around `mean` by a few calls. */
function steady(minutes: number, mean: number): Float64Array {
  const random = randomOf(7);
  return Float64Array.from({ length: minutes }, () => mean + Math.floor(5 * random()) - 2);
}

function withCounts(counts: Float64Array, at: number, planted: readonly number[]): Float64Array {
  const copy = counts.slice();
  copy.set(planted, at);
  return copy;
}

describe('the tail of the normal distribution', () => {
  test.each([
    [0, 0.5],
    [1, 0.15865525393145707],
    [1.959963984540054, 0.025],
    [4.264890793922825, 1e-5],
    [10, 7.619853024160593e-24],
    [37, 5.725571222525139e-300],
    [-2, 0.9772498680518208],
  ])('beyond %f is %e', (z, tail) => {
    expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(1e-6);
  });

  test('falls to zero far out, and is never no number', () => {
    expect(normalTail(1e9)).toBe(0);
    expect(normalTail(-1e9)).toBe(1);
  });
});

describe('rolling quantiles', () => {
  test.each([1, 2, 7, 120])('of the last %i values are those of the values sorted', (size) => {
    const random = randomOf(size);
    const window = new RollingQuantiles(size);
    const values: number[] = [];
    for (let n = 0; n < 500; n += 1) {
      // Few different values, so that equal ones come and go.
      const value = Math.floor(12 * random()) - 3;
      values.push(value);
      window.push(value);
      const sorted = values.slice(-size).sort((a, b) => a - b);
      for (const q of [0, 0.25, 0.5, 0.9, 1]) {
        const place = q * (sorted.length - 1);
        const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
        expect(window.at(q)).toBeCloseTo(below + (above - below) * (place % 1), 12);
      }
    }
    expect(window.length).toBe(size);
  });

  test('of nothing are 0', () => {
    expect(new RollingQuantiles(3).at(0.5)).toBe(0);
  });
});

test.each([1, 2, 7, 120])('the least of the last %i values is their least', (size) => {
  const random = randomOf(size);
  const window = new RollingLeast(size);
  expect([window.least, window.length]).toEqual([0, 0]);
  const values: number[] = [];
  for (let n = 0; n < 500; n += 1) {
    const value = Math.floor(12 * random()) - 3;
    values.push(value);
    window.push(value);
    const last = values.slice(-size).sort((a, b) => a - b);
    expect(window.least).toBe(last[0]);
    expect([...window.sorted()]).toEqual(last);
  }
});

describe('the false discovery rate', () => {
  test('keeps what lies below the line of Benjamini and Hochberg', () => {
    const pValues = [0.041, 0.001, 0.205, 0.008, 0.039, 0.042, 0.06, 0.074];
    expect(benjaminiHochberg(pValues, 0.05)).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  test('steps up: a larger p-value that stands carries the smaller ones', () => {
    expect(benjaminiHochberg([0.045, 0.04], 0.05)).toEqual([true, true]);
  });

  test('counts what was tested, not only what was found', () => {
    expect(benjaminiHochberg([1e-6, 1e-5], 0.01, 1_440)).toEqual([true, true]);
    expect(benjaminiHochberg([1e-6, 1e-5], 0.01, 2_400)).toEqual([true, false]);
    expect(benjaminiHochberg([1e-6, 1e-5], 0.01, 1e6)).toEqual([false, false]);
  });

  test('of nothing keeps nothing', () => {
    expect(benjaminiHochberg([], 0.05)).toEqual([]);
  });
});

describe('a spike', () => {
  const quiet = steady(day, 40);

  test('has the interval, peak and excess that were planted', () => {
    const [spike, ...others] = spikesOf(withCounts(quiet, 600, [150, 300, 180]));
    expect(others).toEqual([]);
    expect(spike).toMatchObject({ from: 600, to: 603, peak: 601, count: 630 });
    expect(spike?.expected).toBeGreaterThan(110);
    expect(spike?.expected).toBeLessThan(130);
    expect(spike?.pValue).toBeLessThan(1e-20);
  });

  test('ends where the counts are ordinary again', () => {
    expect(intervals(withCounts(quiet, 600, [300, 60, 40, 60]))).toEqual([[600, 602]]);
    expect(intervals(withCounts(quiet, 600, [300, 48]))).toEqual([[600, 601]]);
  });

  test('that opens again within the refractory minutes is the same one, and later another', () => {
    expect(intervals(withCounts(quiet, 600, [300, 40, 40, 40, 40, 40, 300]))).toEqual([[600, 607]]);
    expect(intervals(withCounts(quiet, 600, [300, 40, 40, 40, 40, 40, 40, 300]))).toEqual([
      [600, 601],
      [607, 608],
    ]);
  });

  test('is as unlikely as its most unlikely minute', () => {
    const [alone] = spikesOf(withCounts(quiet, 600, [300]));
    const [led] = spikesOf(withCounts(quiet, 600, [100, 300, 100]));
    expect(led?.pValue).toBe(alone?.pValue);
  });

  test('joined from two counts the minutes between too', () => {
    const [spike] = spikesOf(withCounts(quiet, 600, [300, 41, 42, 300]));
    expect(spike?.count).toBe(683);
  });

  test('of a silent key needs as many calls as are worth a look', () => {
    const silent = new Float64Array(day);
    silent[10] = 1;
    expect(intervals(withCounts(silent, 600, [7]))).toEqual([]);
    expect(intervals(withCounts(silent, 600, [9]))).toEqual([[600, 601]]);
  });

  test('is no rise that stays: after the window it is what is usual', () => {
    const risen = withCounts(quiet, 600, Array.from(steady(day - 600, 400)));
    const found = spikesOf(risen);
    expect(found.length).toBeGreaterThan(0);
    expect(found.at(-1)?.to).toBeLessThanOrEqual(600 + 61);
    expect(expectedCounts({ start, counts: risen })[800]).toBeCloseTo(400, -1);
  });

  test('is a burst of minutes too, none of which stands out by itself', () => {
    const silent = new Float64Array(day);
    silent[10] = 1;
    expect(intervals(withCounts(silent, 600, [3, 3, 3, 3, 3]))).toEqual([[600, 605]]);
    expect(intervals(withCounts(silent, 600, [3, 0, 0, 0, 0, 3]))).toEqual([]);
    expect(intervals(withCounts(silent, 600, [2, 2, 2, 2, 2]))).toEqual([]);
  });

  test('of one cause is found that the noise of the others hides, where it is large beside them', () => {
    const { counts } = simulatedCounts(
      { days: 2, mean: 40, wave: 0.2, dispersion: 0.5, spikes: 0, heights: [1, 1] },
      4,
    );
    const found = (each: number) => {
      const strangers = new Float64Array(counts.length);
      strangers.set([each, each, each, each, each], 1_500);
      const all = counts.map((n, index) => n + (strangers[index] ?? 0));
      const parts = new Map([
        ['load.expired', counts],
        ['stranger', strangers],
      ]);
      const near = ({ from, to }: FoundSpike) => from <= 1_505 && to >= 1_500;
      return {
        total: detectSpikes({ start, counts: all }).filter(near).length,
        parts: detectSpikes({ start, counts: all, parts })
          .filter(near)
          .map(({ from, to }) => [from, to]),
      };
    };
    expect(found(40)).toEqual({ total: 0, parts: [[1_500, 1_505]] });
    expect(found(5)).toEqual({ total: 0, parts: [] });
  });

  test('of whoever is not the service is found in one minute, where calls of ours come in such clumps', () => {
    const { counts } = simulatedCounts(
      { days: 2, mean: 2, wave: 0.2, dispersion: 0.5, spikes: 0, heights: [1, 1] },
      4,
    );
    const foundAs = (name: string) => {
      const part = withCounts(new Float64Array(counts.length), 1_500, [12]);
      const all = counts.map((n, index) => n + (part[index] ?? 0));
      const parts = new Map([
        ['load.expired', counts],
        [name, part],
      ]);
      return detectSpikes({ start, counts: all, parts }).map(({ from, to }) => [from, to]);
    };
    expect(foundAs('stranger')).toEqual([[1_500, 1_501]]);
    expect(foundAs('load.first')).toEqual([]);
  });

  test('of the first two hours is found by these hours themselves', () => {
    expect(intervals(withCounts(quiet, 30, [300]))).toEqual([[30, 31]]);
  });
});

describe('no spike', () => {
  test('is in a smooth day', () => {
    const wave = (minute: number) => Math.round(200 * (1 + 0.9 * Math.sin((7 * minute) / day)));
    expect(spikesOf(Float64Array.from({ length: 9 * day }, (_, minute) => wave(minute)))).toEqual(
      [],
    );
  });

  test('is in most overdispersed days: in four of five', () => {
    const setting = { days: 30, mean: 30, wave: 0.6, dispersion: 1 / 6, heights: [2, 8] } as const;
    const { counts } = simulatedCounts({ ...setting, spikes: 0 }, 3);
    expect(spikesOf(counts).length).toBeLessThan(6);
  });

  test('is a daily job, once a week of it is known', () => {
    const counts = steady(12 * day, 20);
    // Early or late by a minute, as schedulers are.
    for (let of = 0; of < 12; of += 1) counts[of * day + 300 + (of % 3)] = 200 + of;
    const days = spikesOf(counts).map(({ from }) => Math.floor(from / day));
    expect(days.filter((of) => of < 8)).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5, 6]));
    expect(days.filter((of) => of >= 8)).toEqual([]);
  });

  test('is a daily job that is now large, now small, as long as it is as it varies', () => {
    const counts = steady(9 * day, 20);
    for (const [of, n] of [120, 280, 200, 150, 300, 180, 240, 320, 320].entries())
      counts[of * day + 300] = n;
    expect(spikesOf(counts).map(({ from }) => from)).not.toContain(8 * day + 300);
  });

  test('but more than the daily job’s usual is one, over what the job has', () => {
    const counts = steady(9 * day, 20);
    for (let of = 0; of < 9; of += 1) counts[of * day + 300] = 200;
    counts[8 * day + 300] = 500;
    const last = spikesOf(counts).at(-1);
    expect(last).toMatchObject({ from: 8 * day + 300, count: 500 });
    expect(last?.expected).toBeCloseTo(200, 0);
  });

  test('is the ordinary traffic after a gap of two hours in what was recorded', () => {
    expect(spikesOf(withCounts(steady(day, 40), 600, new Array(120).fill(0)))).toEqual([]);
  });

  test('but silence that lasts is what is usual in the end', () => {
    const counts = withCounts(steady(day, 40), 600, new Array(400).fill(0));
    counts[950] = 30;
    expect(intervals(counts)).toContainEqual([950, 951]);
  });
});

describe('of odd series', () => {
  test.each([
    ['nothing', []],
    ['zeros', new Array(day).fill(0)],
    ['one event', [...new Array(700).fill(0), 1, ...new Array(700).fill(0)]],
    ['one minute', [1_000]],
    ['a flat line', new Array(3 * day).fill(45)],
    ['no counts at all', [Number.NaN, -5, Number.NaN]],
  ])('%s there is no spike, and what is expected are numbers', (_, counts) => {
    expect(spikesOf(counts)).toEqual([]);
    const expected = expectedCounts({ start, counts });
    expect(expected).toHaveLength(counts.length);
    expect(expected.every((n) => Number.isFinite(n) && n >= 0)).toBe(true);
  });
});
