import { describe, expect, test } from 'vitest';
import { periodOf, segmentsOf, vusPr } from '../bench/vus-pr.ts';

type Segments = readonly (readonly [number, number])[];

/** Labels, and scores by a linear congruence that are higher about most anomalous rows. */
function series(rows: number, anomalies: Segments, seed: number) {
  const about = (row: number, more: number) =>
    anomalies.some(([first, last]) => row >= first - 2 * more && row <= last + more);
  const labels = Float64Array.from({ length: rows }, (_, row) => (about(row, 0) ? 1 : 0));
  let state = seed;
  const scores = Array.from({ length: rows }, (_, row) => {
    state = Number((BigInt(state) * 1_103_515_245n + 12_345n) % 2_147_483_648n);
    const high = row % 3 !== 0 && about(row, 1) ? 0.5 : 0;
    return (Math.floor(state / 65_536) % 1_000) / 1_000 + high;
  });
  return { labels, scores };
}

describe('VUS-PR', () => {
  // As RangeAUC_volume_opt of TheDatumOrg/VUS at d0f2a44 answers.
  test.each<[number, Segments, number, number, number]>([
    [
      600,
      [
        [100, 119],
        [300, 304],
      ],
      20,
      7,
      0.5090294023969271,
    ],
    [
      600,
      [
        [0, 9],
        [200, 240],
        [250, 255],
        [590, 599],
      ],
      31,
      3,
      0.6129137818611006,
    ],
    [1_000, [[500, 500]], 10, 11, 0.451101557296628],
    [300, [[100, 150]], 0, 5, 0.6301131876934921],
  ])('of %i rows is what its authors’ own code says', (rows, anomalies, window, seed, known) => {
    const { labels, scores } = series(rows, anomalies, seed);
    expect(vusPr(labels, scores, window)).toBeCloseTo(known, 10);
  });

  test('of a perfect score with no tolerance is 1', () => {
    const { labels } = series(400, [[50, 249]], 1);
    expect(vusPr(labels, Array.from(labels), 0)).toBe(1);
  });

  test('finds the segments of labels, ends included', () => {
    expect(segmentsOf([1, 0, 1, 1, 0, 0, 1])).toEqual([
      [0, 0],
      [2, 3],
      [6, 6],
    ]);
  });
});

describe('the tolerance', () => {
  test('is the series’ own period, and 125 rows where it has none', () => {
    const wave = Array.from({ length: 3_000 }, (_, row) => Math.sin((2 * Math.PI * row) / 48));
    expect(periodOf(wave)).toBe(48);
    expect(periodOf(Array.from({ length: 500 }, (_, row) => row))).toBe(125);
  });
});
