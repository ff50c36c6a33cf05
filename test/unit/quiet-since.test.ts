import { expect, test } from 'vitest';
import { quietSince } from '../../components/charts/model/quiet-since.ts';

const hour = 3_600_000;
const from = Date.UTC(2026, 10, 23);
const window = { from, to: from + 24 * hour };
const bucket = (no: number, messages: number, loads = 0) => ({
  start: from + no * hour,
  messages,
  causes: { 'load.first': loads },
  incomplete: false,
});
const quiet = (counts: readonly number[], more: object = {}) =>
  quietSince({
    buckets: counts.map((messages, no) => bucket(no, messages)),
    bucketMs: hour,
    filter: {},
    window,
    now: window.to,
    ...more,
  });
const until = (busy: number) => Array.from({ length: 24 }, (_, no) => (no < busy ? 5 : 0));

test('a window that ends now and whose data end hours before says since when', () => {
  expect(quiet(until(14))).toBe(from + 14 * hour);
  expect(quiet(until(21))).toBe(from + 21 * hour);
});

test('an idle hour or two, another time, a filter and an empty window are no such thing', () => {
  expect(quiet(until(22))).toBeNull();
  expect(quiet(until(14), { now: window.to + 2 * hour })).toBeNull();
  expect(quiet(until(14), { filter: { workspace: 'a' } })).toBeNull();
  expect(quiet(until(0))).toBeNull();
});

test('requests without messages are recorded, too', () => {
  const buckets = [bucket(0, 5), bucket(22, 0, 1)];
  expect(quiet([], { buckets })).toBeNull();
});
