import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cellAfter,
  cellAt,
  cellFacts,
  cellOf,
  heatGrid,
  heatLevels,
  heatPaths,
  heatRowsMax,
  heatScale,
  labelledRows,
  linePieces,
} from '../../components/charts/model/heatmap.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const first = Date.UTC(2026, 2, 11);
const row = (index: number, minutes: number[], incomplete = false) => ({
  hour: first + index * hourMs,
  minutes: Array.from({ length: 60 }, (_, minute) => minutes[minute] ?? 0),
  incomplete,
});

/** The cells that a path covers, from its runs. */
function cellsOf(path: string): string[] {
  return [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)].flatMap(([, x, y, wide, back]) => {
    expect(wide).toBe(back);
    return Array.from({ length: Number(wide) }, (_, at) => `${Number(x) + at} ${y}`);
  });
}

const counts = fc.array(fc.array(fc.nat(3_000), { minLength: 60, maxLength: 60 }), {
  minLength: 1,
  maxLength: 6,
});

describe('the heatmap', () => {
  test('paints each minute that has calls once, in the level of its count, and no other', () => {
    fc.assert(
      fc.property(counts, (hours) => {
        const grid = heatGrid(hours.map((minutes, index) => row(index, minutes)));
        const scale = heatScale(grid.most);
        const painted = heatPaths(grid, scale).flatMap(({ path }, level) =>
          cellsOf(path).map((cell) => [cell, level] as const),
        );
        const expected = hours.flatMap((minutes, y) =>
          minutes.flatMap((n, x) =>
            n === 0
              ? []
              : [[`${x} ${y}`, scale.findIndex(({ from, to }) => n >= from && n <= to)] as const],
          ),
        );
        expect(new Map(painted)).toEqual(new Map(expected));
        expect(painted).toHaveLength(expected.length);
      }),
    );
  });

  test('has levels that meet without gap or overlap from one to the most, each with its colour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (most) => {
        const scale = heatScale(most);
        expect(scale[0]?.from).toBe(1);
        expect(scale.at(-1)?.to).toBe(most);
        expect(scale.at(-1)?.colour).toBe(heatLevels);
        scale.forEach((level, index) => {
          expect(level.from).toBeLessThanOrEqual(level.to);
          if (index > 0) expect(level.from).toBe((scale[index - 1]?.to ?? 0) + 1);
        });
        expect(new Set(scale.map(({ colour }) => colour)).size).toBe(scale.length);
      }),
    );
    expect(heatScale(0)).toEqual([]);
  });

  test('leaves a row where an hour is missing, and draws the newest of too many', () => {
    const gap = heatGrid([row(0, [1]), row(3, [2])]);
    expect(gap.hours).toBe(4);
    expect(heatPaths(gap, heatScale(gap.most)).map(({ path }) => path)).toEqual([
      'M0 0h1v1h-1z',
      'M0 3h1v1h-1z',
    ]);
    const many = heatGrid(Array.from({ length: heatRowsMax + 5 }, (_, index) => row(index, [1])));
    expect(many.hours).toBe(heatRowsMax);
    expect(many.dropped).toBe(5);
    expect(many.first).toBe(first + 5 * hourMs);
  });

  test('is empty of nothing', () => {
    const grid = heatGrid([]);
    expect(grid).toMatchObject({ hours: 0, most: 0 });
    expect(heatPaths(grid, heatScale(grid.most))).toEqual([]);
    expect(cellAt({ x: 0.5, y: 0.5 }, grid)).toBeNull();
    expect(labelledRows(grid, 10)).toEqual([]);
  });
});

describe('the slope line', () => {
  const grid = { ...heatGrid([row(0, [1]), row(9, [1])]) };
  const echo = (from: number, stepMs: number, n: number) =>
    Array.from({ length: n }, (_, index) => ({ at: first + from + index * stepMs }));

  test('moves on by what its period is over an hour', () => {
    expect(linePieces(echo(10 * minuteMs, 63 * minuteMs, 3), grid)).toEqual([
      { x1: 10, y1: 0.5, x2: 13, y2: 1.5 },
      { x1: 13, y1: 1.5, x2: 16, y2: 2.5 },
    ]);
  });

  test('leaves at one edge where it crosses the full hour and comes back a row on', () => {
    expect(linePieces(echo(58 * minuteMs, 64 * minuteMs, 2), grid)).toEqual([
      { x1: 58, y1: 0.5, x2: 60, y2: 1 },
      { x1: 0, y1: 2, x2: 2, y2: 2.5 },
    ]);
    expect(linePieces(echo(hourMs + 2 * minuteMs, 56 * minuteMs, 2), grid)).toEqual([
      { x1: 2, y1: 1.5, x2: 0, y2: 2 },
      { x1: 60, y1: 1, x2: 58, y2: 1.5 },
    ]);
  });

  test('begins and ends at its points, stays within the hour and is as steep everywhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 31 * 60, max: 89 * 60 }),
        (minute, stepSeconds) => {
          const points = echo(minute * minuteMs, stepSeconds * 1000, 2);
          const pieces = linePieces(points, grid);
          const [start, end] = points.map(({ at }) => cellOf(at, grid));
          expect(pieces[0]).toMatchObject({ x1: start?.x, y1: start?.y });
          expect(pieces.at(-1)?.x2).toBeCloseTo(end?.x ?? -1, 9);
          expect(pieces.at(-1)?.y2).toBeCloseTo(end?.y ?? -1, 9);
          const across = pieces.reduce((sum, { x1, x2 }) => sum + (x2 - x1), 0);
          expect(across).toBeCloseTo(stepSeconds / 60 - 60, 9);
          for (const { x1, x2 } of pieces) {
            for (const x of [x1, x2]) {
              expect(x).toBeGreaterThanOrEqual(0);
              expect(x).toBeLessThanOrEqual(60);
            }
          }
        },
      ),
    );
  });

  test('is straight down for a job at the same minute, and nothing for a single burst', () => {
    const job = linePieces(echo(15 * minuteMs, hourMs, 4), grid);
    expect(job.map(({ x1, x2 }) => [x1, x2])).toEqual([
      [15, 15],
      [15, 15],
      [15, 15],
    ]);
    expect(linePieces(echo(0, hourMs, 1), grid)).toEqual([]);
  });
});

describe('a cell', () => {
  const grid = heatGrid([row(0, [0, 7]), row(1, [], true), row(2, [])]);

  test('is the one under the pointer, and none outside', () => {
    expect(cellAt({ x: 1.5 / 60, y: 0.1 }, grid)).toEqual({ row: 0, minute: 1 });
    expect(cellAt({ x: 0.9999, y: 0.9999 }, grid)).toEqual({ row: 2, minute: 59 });
    for (const place of [
      { x: 1, y: 0.5 },
      { x: 0.5, y: 1 },
      { x: -0.01, y: 0.5 },
      { x: Number.NaN, y: 0.5 },
    ]) {
      expect(cellAt(place, grid)).toBeNull();
    }
  });

  test('tells its minute, its count and whether the hour is complete', () => {
    expect(cellFacts({ row: 0, minute: 1 }, grid)).toEqual({
      at: first + minuteMs,
      count: 7,
      incomplete: false,
    });
    expect(cellFacts({ row: 1, minute: 0 }, grid)).toMatchObject({ count: 0, incomplete: true });
  });

  test('is left by the arrows but never the heatmap', () => {
    const corner = { row: 0, minute: 0 };
    expect(cellAfter(corner, 'ArrowRight', grid)).toEqual({ row: 0, minute: 1 });
    expect(cellAfter(corner, 'ArrowDown', grid)).toEqual({ row: 1, minute: 0 });
    expect(cellAfter(corner, 'End', grid)).toEqual({ row: 0, minute: 59 });
    expect(cellAfter(corner, 'PageDown', grid)).toEqual({ row: 2, minute: 0 });
    expect(cellAfter(corner, 'ArrowUp', grid)).toEqual(corner);
    expect(cellAfter(corner, 'ArrowLeft', grid)).toEqual(corner);
    for (const key of ['a', 'Enter', 'constructor'])
      expect(cellAfter(corner, key, grid)).toBeNull();
  });
});

test('rows are labelled at round hours, no more than fit', () => {
  const month = heatGrid(Array.from({ length: 720 }, (_, index) => row(index, [1])));
  const rows = labelledRows(month, 30);
  expect(rows.length).toBeLessThanOrEqual(30);
  expect(rows.slice(0, 3)).toEqual([0, 24, 48]);
  expect(labelledRows(heatGrid([row(5, [1])]), 1)).toEqual([0]);
});
