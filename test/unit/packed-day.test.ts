import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  eachHour,
  eachMinute,
  type PackedSeries,
  packDay,
  unpackDay,
} from '../../lib/store/rollups/packed-day.ts';

const minutes = 1_440;
const count = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: -3, max: 70_000 }),
  fc.integer({ min: 1, max: 2 ** 40 }),
);
const id = fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 2 ** 31 - 1 }));
const counts = fc.oneof(
  fc.array(fc.tuple(fc.nat({ max: minutes - 1 }), count), { maxLength: 20 }),
  // Every minute of the day: what takes fewer bytes as an array.
  count.map((n) => Array.from({ length: minutes }, (_, minute) => [minute, n] as const)),
);
const series = fc.uniqueArray(
  fc.record({ label: id, by: id, counts: counts.map((cells) => new Map(cells)) }),
  { maxLength: 6, selector: ({ label, by }) => `${label} ${by}` },
);

/** What a day says, zeros left out, in one order. */
const told = (all: readonly PackedSeries[]) =>
  all
    .flatMap(({ label, by, counts: own }) =>
      [...own].flatMap(([minute, n]) => (n === 0 ? [] : [[label, by, minute, n] as const])),
    )
    .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);

test('a packed day says what it was made from, and equal sums are equal bytes', () => {
  fc.assert(
    fc.property(series, (all) => {
      const packed = packDay(all);
      expect(told(unpackDay(packed.minutes))).toEqual(told(all));
      expect(packDay(unpackDay(packed.minutes).toReversed())).toEqual(packed);
    }),
    { numRuns: 40 },
  );
});

test('its hours are the sums of its minutes, and a part of it is that part', () => {
  fc.assert(
    fc.property(series, fc.nat({ max: minutes }), fc.nat({ max: minutes }), (all, a, b) => {
      const packed = packDay(all);
      const hours = new Map<string, number>();
      for (const [label, by, minute, n] of told(all)) {
        const hour = JSON.stringify([label, by, Math.floor(minute / 60)]);
        hours.set(hour, (hours.get(hour) ?? 0) + n);
      }
      const found = new Map<string, number>();
      eachHour(
        packed.hours,
        (label, by) => (hour, n) => found.set(JSON.stringify([label, by, hour]), n),
      );
      expect(found).toEqual(hours);
      const part: (readonly number[])[] = [];
      const within = { from: Math.min(a, b), to: Math.max(a, b) };
      eachMinute(packed.minutes, within, (label, by) =>
        label > 50 ? (minute, n) => part.push([label, by, minute, n]) : null,
      );
      expect(part).toEqual(
        told(all).filter(([label, , at]) => label > 50 && at >= within.from && at < within.to),
      );
    }),
    { numRuns: 40 },
  );
});

test('a day of one call a minute takes a byte a minute, one call a few bytes', () => {
  const full = new Map(Array.from({ length: minutes }, (_, minute) => [minute, 1] as const));
  expect(packDay([{ label: 1, by: 0, counts: full }]).minutes.length).toBeLessThan(minutes + 8);
  const one = packDay([{ label: 1, by: 0, counts: new Map([[700, 1]]) }]);
  expect(one.minutes.length + one.hours.length).toBeLessThan(16);
});
