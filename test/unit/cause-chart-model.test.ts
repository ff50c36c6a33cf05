import { describe, expect, test } from 'vitest';
import {
  causeAt,
  causeSeries,
  causeSummary,
  causeTotal,
  onlyCauses,
} from '../../components/charts/model/cause-series.ts';
import { shareSegments, sumOf } from '../../components/charts/model/share-segments.ts';
import { instantTicks, ticksKept, tickText } from '../../components/charts/model/time-ticks.ts';
import { causeOrder } from '../../lib/shared/causes.ts';

const minute = 60_000;
const day = Date.UTC(2026, 2, 11);
const bucket = (index: number, causes: Record<string, number>, incomplete = false) => ({
  start: day + index * 15 * minute,
  messages: 10,
  causes,
  incomplete,
});

describe('causeSeries', () => {
  const series = causeSeries(
    [
      bucket(0, { 'load.expired': 4, 'dek.first': 1 }),
      bucket(1, { 'load.expired': 9, 'zz.new': 2, validate: 0 }),
      bucket(2, {}, true),
    ],
    15 * minute,
  );

  test('keeps every request: the causes’ totals sum to the rows’', () => {
    const byCause = series.causes.reduce((sum, cause) => sum + causeTotal(series, cause), 0);
    expect(byCause).toBe(series.requests);
    expect(series.rows.map(({ requests }) => requests)).toEqual([5, 11, 0]);
    expect(series.messages).toBe(30);
  });

  test('stacks causes in their own order, unknown ones last, absent ones not at all', () => {
    expect(series.causes).toEqual(['dek.first', 'load.expired', 'zz.new']);
  });

  test('hatches what is incomplete, and only that', () => {
    expect(series.rows.map(({ hatch }) => hatch)).toEqual([0, 0, 1]);
    expect(series.incomplete).toBe(1);
  });

  test('says how much, mostly why, and when most', () => {
    expect(causeSummary(series, tickText)).toBe(
      '16 KMS requests for 30 messages; most for Re-validation (13); the peak is 11 at 00:15.',
    );
    expect(causeSummary(causeSeries([], minute), tickText)).toMatch(/^No KMS requests/);
    expect(causeSummary(series, tickText, false)).not.toContain('messages');
  });
});

describe('shareSegments', () => {
  test('covers the bar exactly, largest first, without gaps', () => {
    const counts = { validate: 1, 'load.first': 3, 'dek.first': 3, 'load.expired': 7 };
    const segments = shareSegments(counts);
    expect(segments.map(({ cause }) => cause)).toEqual([
      'load.expired',
      'dek.first',
      'load.first',
      'validate',
    ]);
    expect(segments[0]?.from).toBe(0);
    expect(segments.at(-1)?.to).toBe(1);
    segments.forEach((segment, index) => {
      expect(segment.from).toBe(segments[index - 1]?.to ?? 0);
    });
    expect(sumOf(counts)).toBe(14);
  });

  test('has nothing to share of nothing', () => {
    expect(shareSegments({})).toEqual([]);
    expect(shareSegments({ validate: 0 })).toEqual([]);
  });

  test('puts causes it does not know after those it does', () => {
    const equal = { 'zz.new': 1, [causeOrder.at(-1) ?? '']: 1 };
    expect(shareSegments(equal).map(({ cause }) => cause)).toEqual([causeOrder.at(-1), 'zz.new']);
  });
});

describe('the ticks of a time axis', () => {
  test('are round, within the span, and few, however long the span', () => {
    for (const hours of [1, 7, 48, 24 * 13, 24 * 100, 24 * 400]) {
      const span = { from: day + minute, to: day + minute + hours * 60 * minute };
      const ticks = instantTicks(span, 12);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThanOrEqual(13);
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(span.from);
        expect(tick).toBeLessThanOrEqual(span.to);
        expect(tick % (5 * minute)).toBe(0);
      }
    }
  });

  test('name the day at midnight', () => {
    expect([day, day + 15 * minute].map(tickText)).toEqual(['11 Mar', '00:15']);
  });

  test('keep a day among those that a narrow chart shows', () => {
    const ticks = [18, 24, 30, 36].map((hour) => day + (hour - 24) * 60 * minute);
    const shown = (all: number[]) => all.filter((_, no) => ticksKept(all)[no]).map(tickText);
    expect(shown(ticks)).toEqual(['11 Mar', '12:00']);
    expect(shown(ticks.slice(2))).toEqual(['06:00']);
  });
});

describe('a point of a bar', () => {
  const [row] = causeSeries([bucket(0, { 'load.expired': 4, 'dek.first': 1 })], minute).rows;
  test('is of the cause that is stacked there, and of none above the bar', () => {
    const at = (value: number) => row && causeAt(row, ['dek.first', 'load.expired'], value);
    expect([-1, 0, 0.9, 1, 4.9, 5].map(at)).toEqual([
      null,
      'dek.first',
      'dek.first',
      'load.expired',
      'load.expired',
      null,
    ]);
  });
});

test('a legend leaves only the causes that are chosen, and every count is of those', () => {
  const series = causeSeries([bucket(0, { 'load.expired': 4, 'dek.first': 1 })], minute);
  const only = onlyCauses(series, ['dek.first']);
  expect(only.causes).toEqual(['dek.first']);
  expect(only.rows[0]).toMatchObject({ requests: 1, causes: { 'dek.first': 1 } });
  expect(only.requests).toBe(1);
  // What is not in this window chooses nothing.
  expect(onlyCauses(series, ['validate'])).toBe(series);
  expect(onlyCauses(series, [])).toBe(series);
});
