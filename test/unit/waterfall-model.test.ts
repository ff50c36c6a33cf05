import { describe, expect, test } from 'vitest';
import {
  logSpan,
  waterfallBars,
  waterfallPanels,
  waterfallPlaces,
  waterfallSummary,
} from '../../components/charts/model/waterfall.ts';
import type { WaterfallStep } from '../../lib/shared/dto.ts';

const step = (kind: WaterfallStep['kind'], id: string, value: number): WaterfallStep => ({
  id,
  kind,
  label: id,
  value,
  share: null,
  about: '',
  evidence: id,
});
const steps = [
  step('total', 'messages', 100),
  step('delta', 'more', 60),
  step('total', 'operations', 160),
  step('delta', 'hits', -150),
  step('delta', 'retries', 2),
  step('total', 'requests', 12),
  step('delta', 'pending', -3),
  step('total', 'events', 9),
];

describe('waterfallBars', () => {
  test('hangs each delta where the step before ended and ends on the next total', () => {
    const bars = waterfallBars(steps);
    expect(bars.map(({ span }) => span)).toEqual([
      [0, 100],
      [100, 160],
      [0, 160],
      [10, 160],
      [10, 12],
      [0, 12],
      [9, 12],
      [0, 9],
    ]);
    bars.forEach((bar, index) => {
      const before = bars[index - 1];
      if (bar.role === 'total' && before) expect(before.level).toBe(bar.level);
    });
  });

  test('measures a delta by the total above it and a total by the first', () => {
    const shares = waterfallBars(steps).map(({ share }) => share);
    expect(shares).toEqual([1, 0.6, 1.6, 150 / 160, 2 / 160, 0.12, 0.25, 0.09]);
  });

  test('says which bars take away and which add', () => {
    expect(waterfallBars(steps).map(({ role }) => role)).toEqual(
      'total more total less more total less total'.split(' '),
    );
  });

  test('has no share of nothing', () => {
    const bars = waterfallBars([step('total', 'messages', 0), step('delta', 'more', 4)]);
    expect(bars.map(({ share }) => share)).toEqual([null, null]);
  });
});

describe('waterfallPanels', () => {
  test('cuts at the KMS requests, which both panels show', () => {
    const panels = waterfallPanels(steps);
    expect(panels.map(({ title }) => title)).toEqual(['messages → requests', 'requests → events']);
    expect(panels.map((panel) => panel.steps.length)).toEqual([6, 3]);
  });

  test('stays whole without a total in between, and is nothing of nothing', () => {
    expect(waterfallPanels([step('total', 'events', 3)])).toHaveLength(1);
    expect(waterfallPanels([])).toEqual([]);
  });
});

test('a logarithmic bar never begins at zero', () => {
  expect(logSpan([0, 40])).toEqual([0.5, 40]);
  expect(logSpan([0, 0])).toEqual([0.5, 0.5]);
});

test('each thread hangs from the end of its bar, and the longest bar fills the axis', () => {
  const places = waterfallPlaces(waterfallBars(steps.slice(0, 4)), 'linear');
  expect(places.map(({ from, to, end }) => [from, to, end])).toEqual([
    [0, 100 / 160, 100 / 160],
    [100 / 160, 1, 1],
    [0, 1, 1],
    [10 / 160, 1, 10 / 160],
  ]);
  const [first, , last] = waterfallPlaces(waterfallBars(steps.slice(0, 3)), 'log');
  expect([first?.from, last?.to]).toEqual([0, 1]);
});

test('the summary tells every step with its sign', () => {
  expect(waterfallSummary(waterfallBars(steps.slice(0, 4)))).toBe(
    'messages 100, more +60 (60.0 %), operations 160, hits −150 (93.8 %)',
  );
});
