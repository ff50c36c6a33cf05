import { describe, expect, test } from 'vitest';
import {
  type AttributedCalls,
  rankCombinations,
} from '../../lib/explain/spikes/rank-combinations.ts';

const minute = 60_000;
const options = { insideMs: 2 * minute, aroundMs: 60 * minute, max: 5 };

const workspaces = ['legal', 'sales', 'ops'];
const processes = ['p1', 'p2', 'p3', 'p4'];

/** Calls of every process for every workspace; `of` says how many. */
const calls = (of: (workspace: string, process: string) => number): AttributedCalls[] =>
  workspaces.flatMap((workspace) =>
    processes.map((process) => ({ values: { workspace, process }, n: of(workspace, process) })),
  );

/** At the rate around, ten calls of each fall inside. */
const around = calls(() => 300);
const namesOf = (inside: AttributedCalls[]) =>
  rankCombinations(inside, around, options).map(({ values }) => values);

describe('ranked combinations', () => {
  test('name the one attribute whose calls have risen', () => {
    const inside = calls((workspace) => (workspace === 'legal' ? 60 : 10));
    expect(rankCombinations(inside, around, options)).toEqual([
      {
        values: { workspace: 'legal' },
        n: 240,
        rate: 240 / (2 * minute),
        rateAround: 1_200 / (60 * minute),
        share: 1,
        pValue: expect.closeTo(0, 20),
      },
    ]);
  });

  test('name two attributes where only calls with both have risen', () => {
    const both = calls((workspace, process) =>
      workspace === 'legal' && process === 'p2' ? 90 : 10,
    );
    expect(namesOf(both)).toEqual([{ workspace: 'legal', process: 'p2' }]);
  });

  test('are as wide as the rise is, though it is not as high everywhere', () => {
    const uneven = calls((workspace, process) => {
      if (workspace !== 'legal') return 10;
      return process === 'p1' ? 900 : 40;
    });
    expect(namesOf(uneven)).toEqual([{ workspace: 'legal' }]);
  });

  test('are several where several have risen, the most telling first, and hold no call twice', () => {
    const inside = calls((workspace, process) => {
      if (workspace === 'legal') return 60;
      return process === 'p3' ? 40 : 10;
    });
    const ranked = rankCombinations(inside, around, options);
    expect(ranked.map(({ values, n }) => [values, n])).toEqual([
      [{ workspace: 'legal' }, 240],
      [{ process: 'p3' }, 80],
    ]);
    expect(ranked.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  test('name what is new, which has no rate around', () => {
    const inside = [...calls(() => 10), { values: { principal: 'export' }, n: 50 }];
    expect(rankCombinations(inside, around, options)[0]).toMatchObject({
      values: { principal: 'export' },
      n: 50,
      rateAround: 0,
    });
  });

  test('say the most of the same calls', () => {
    const inside = [{ values: { principal: 'export', cause: 'stranger' }, n: 50 }];
    expect(namesOf(inside)).toEqual([{ principal: 'export', cause: 'stranger' }]);
  });

  test('compare rates of equal time, however long is looked around', () => {
    const inside = calls((workspace) => (workspace === 'legal' ? 60 : 10));
    const twice = rankCombinations(
      inside,
      calls(() => 600),
      { ...options, aroundMs: 120 * minute },
    );
    expect(twice).toEqual(rankCombinations(inside, around, options));
  });

  test('are at most so many, and of at least the share told', () => {
    const inside = calls((workspace, process) => {
      if (workspace === 'legal') return 60;
      return process === 'p3' ? 40 : 10;
    });
    expect(rankCombinations(inside, around, { ...options, max: 1 })).toHaveLength(1);
    expect(rankCombinations(inside, around, { ...options, shareMin: 0.5 })).toHaveLength(1);
  });

  test.each([
    ['nothing has risen', calls(() => 10), around],
    ['all has fallen', calls(() => 2), around],
    ['it may be chance', calls((_, process) => (process === 'p1' ? 12 : 10)), around],
    ['there is nothing inside', [], around],
    ['there is nothing at all', [], []],
    ['calls have no attributes', [{ values: {}, n: 500 }], []],
  ])('are none where %s', (_, inside, before) => {
    expect(rankCombinations(inside, before, options)).toEqual([]);
  });

  test('are none where one of many is as high as one of many may be', () => {
    const rows = (first: number, n: number) =>
      Array.from({ length: 20 }, (_, at) => ({
        values: { process: `p${at}` },
        n: at === 0 ? first : n,
      }));
    expect(rankCombinations(rows(19, 10), rows(300, 300), options)).toEqual([]);
    expect(rankCombinations(rows(39, 10), rows(300, 300), options)).toHaveLength(1);
  });

  test('are none over no time', () => {
    const inside = calls(() => 100);
    expect(rankCombinations(inside, around, { ...options, insideMs: 0 })).toEqual([]);
    expect(rankCombinations(inside, around, { ...options, aroundMs: 0 })).toEqual([]);
  });

  test('find the attribute among thousands of values that are of no account', () => {
    const rows = (n: number, risen: number) =>
      Array.from({ length: 20_000 }, (_, at) => ({
        values: { dek: `d${at}`, workspace: at % 4 === 0 ? 'legal' : 'sales', process: 'p1' },
        n: at % 4 === 0 ? n * risen : n,
      }));
    const found = rankCombinations(rows(1, 5), rows(30, 1), options);
    expect(found.map(({ values }) => values)).toEqual([{ workspace: 'legal', process: 'p1' }]);
  });
});
