import { describe, expect, test } from 'vitest';
import { timelineStops } from '../../components/charts/model/echo-timeline.ts';
import { keyHours } from '../../components/charts/model/key-hours.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

describe('an echo’s stops', () => {
  const seen = (generation: number, from: number, to: number) =>
    ({ generation, from, to, mid: from, calls: 5, state: 'seen' }) as const;
  const ahead = (generation: number, from: number) =>
    ({ generation, from, to: from + hourMs, calls: 2, isMost: false, state: 'ahead' }) as const;

  test('do not overlap, so that each is reached, and those that begin together are one', () => {
    const steps = [
      seen(0, 0, 10 * minuteMs),
      seen(1, hourMs, 3 * hourMs),
      seen(2, 2 * hourMs, 3 * hourMs),
      ahead(2, 3 * hourMs),
      ahead(3, 3 * hourMs),
    ];
    const stops = timelineStops(steps);
    expect(stops.map(({ from, to }) => [from / hourMs, to / hourMs])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(stops[3]?.text).toMatch(/^echo 2 .* ahead; echo 3 .* ahead$/);
  });
});

describe('a key’s hours', () => {
  test('have no gap from the first to the last, and name what changed the key', () => {
    const mark = { eventId: 'e', at: 3 * hourMs + 1, label: 'DisableKey at 03:00', takes: true };
    const hours = keyHours([{ at: hourMs, granted: 7, refused: 1 }], [mark]);
    expect(hours.map(({ from, granted }) => [from / hourMs, granted])).toEqual([
      [1, 7],
      [2, 0],
      [3, 0],
    ]);
    expect(hours[0]?.text).toBe('7 granted, 1 refused');
    expect(hours[2]?.text).toBe('0 granted, 0 refused; DisableKey at 03:00');
  });
});
