import { expect, test } from 'vitest';
import { logsEndApart } from '../../lib/explain/log-only/log-begins.ts';
import { logUse } from '../support/records.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 10, 24);

/** A request every so often for a key of that Region. */
const log = (region: string, { hours, everyMs }: { hours: number; everyMs: number }) =>
  Array.from({ length: (hours * hourMs) / everyMs }, (_, no) =>
    logUse(start + no * everyMs, { key: `arn:aws:kms:${region}:1:key/k` }),
  );
const endApart = (...logs: ReturnType<typeof log>[]) =>
  logsEndApart(logs.flat().sort((a, b) => a.at - b.at));

test('a day of one Region beside an hour of another has no rate, unless few requests are of that hour', () => {
  const day = log('eu-west-1', { hours: 24, everyMs: 60_000 });
  expect(endApart([])).toBe(false);
  expect(endApart(day)).toBe(false);
  expect(endApart(day, log('us-east-1', { hours: 23, everyMs: 60_000 }))).toBe(false);
  expect(endApart(day, log('us-east-1', { hours: 1, everyMs: 10_000 }))).toBe(true);
  expect(endApart(day, log('us-east-1', { hours: 1, everyMs: 300_000 }))).toBe(false);
});
