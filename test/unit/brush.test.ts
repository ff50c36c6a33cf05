import { describe, expect, test } from 'vitest';
import { brushBetween, brushPlace } from '../../components/charts/model/heatmap.ts';
import { compareBrush, isInBrush } from '../../lib/explain/pattern/compare-brush.ts';
import { brushText, parseBrush } from '../../lib/shared/brush-param.ts';

const hour = 3_600_000;
const from = Date.UTC(2026, 0, 2, 3);
const brush = { from, to: from + 2 * hour, firstMinute: 5, lastMinute: 12 };

describe('a part of the heatmap', () => {
  test('comes back from the URL as it was written', () => {
    expect(brushText(brush)).toBe('2026-01-02T03:00Z/2026-01-02T05:00Z/5-12');
    expect(parseBrush(brushText(brush))).toEqual(brush);
  });

  test.each([
    '',
    'x/y/1-2',
    '2026-01-02T03:30Z/2026-01-02T05:00Z/5-12',
    '2026-01-02T05:00Z/2026-01-02T03:00Z/5-12',
    '2026-01-02T03:00Z/2026-01-02T05:00Z/12-5',
    '2026-01-02T03:00Z/2026-01-02T05:00Z/0-60',
  ])('that is none (%s) is none', (text) => expect(parseBrush(text)).toBe(null));

  test('holds its minutes of its hours, the last minute included', () => {
    const at = (hours: number, minutes: number) =>
      isInBrush(brush, from + hours * hour + minutes * 60_000);
    expect([at(0, 5), at(1, 12), at(0, 4), at(1, 13), at(2, 5), at(-1, 5)]).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  test('is between two cells whichever way it was dragged, and is drawn where they are', () => {
    const grid = { first: from - hour, hours: 4, rows: [], most: 0, dropped: 0 };
    const [a, b] = [
      { row: 2, minute: 5 },
      { row: 1, minute: 12 },
    ];
    expect(brushBetween(a, b, grid)).toEqual(brush);
    expect(brushBetween(b, a, grid)).toEqual(brush);
    expect(brushPlace(brush, grid)).toEqual({ row: 1, rows: 2 });
    expect(brushPlace({ ...brush, to: from + 90 * hour }, grid)).toEqual({ row: 1, rows: 3 });
  });
});

describe('the selection beside the rest', () => {
  const count = (dimension: 'cause' | 'key', value: string, inside: number, outside: number) => ({
    dimension,
    value,
    inside,
    outside,
  });
  test('names first what has another share there, and leaves out what has one value', () => {
    const compared = compareBrush([
      count('cause', 'load.expired', 10, 900),
      count('cause', 'load.first.cold-start', 90, 10),
      count('cause', 'validate', 0, 5),
      count('cause', '', 7, 7),
      count('key', 'k', 100, 915),
    ]);
    expect(compared.map(({ dimension }) => dimension)).toEqual(['cause']);
    expect(compared[0]).toMatchObject({ inside: 100, outside: 915 });
    expect(compared[0]?.parts.map(({ value }) => value)).toEqual([
      'load.first.cold-start',
      'load.expired',
      'validate',
    ]);
    expect(compared[0]?.parts[0]?.label).toBe('Cold start');
  });
});
