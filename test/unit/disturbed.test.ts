import { expect, test } from 'vitest';
import { disturbedOf } from '../../lib/explain/log-only/disturbed.ts';
import { historyOf } from '../../lib/explain/log-only/history.ts';
import { streamsOf } from '../../lib/explain/log-only/streams.ts';
import { logUse } from '../support/records.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 10, 24);

test('an hour beside an hour of silence may be two, whichever way the clock was set', () => {
  const times = Array.from({ length: 1_440 }, (_, no) => start + no * 30_000);
  const uses = times
    .filter((at) => at < start + 5 * hourMs || at >= start + 6 * hourMs)
    .map((at, no) => logUse(at, { eventId: `e${no}`, context: [['team', `t${no % 40}`]] }));
  const [stream] = streamsOf(uses);
  if (stream === undefined) throw new Error('no stream');
  const history = historyOf(stream, { makersHold: true, denied: () => false });
  const { short, long, first } = disturbedOf({ stream, history, edge: null }, () => false);
  const about = (hours: number) => [start + hours * hourMs, start + hours * hourMs] as const;
  for (const disturbed of [long, first]) {
    expect([3.5, 4.5, 6.5, 7.5].map((hours) => disturbed(...about(hours)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  }
  // Nothing is asked for early here: it was a pause.
  expect(short(...about(4.5))).toBe(false);
});

test('keys that a restart lost are asked for early, and nothing is wrong with the clock', () => {
  const hours = Array.from({ length: 12 }, (_, no) => no);
  // Forty keys each hour, and all of them once more half an hour after the sixth.
  const times = [...hours, 6.5].flatMap((hour) =>
    Array.from({ length: 40 }, (_, no) => start + hour * hourMs + no * 10_000),
  );
  const uses = times
    .sort((a, b) => a - b)
    .map((at, no) => logUse(at, { eventId: `e${no}`, context: [['team', `t${no % 40}`]] }));
  const [stream] = streamsOf(uses);
  if (stream === undefined) throw new Error('no stream');
  const history = historyOf(stream, { makersHold: true, denied: () => false });
  const sides = { fromMs: hourMs, toMs: hourMs + 2_500, waits: 400, below: 0.1, score: 20 };
  const facts = { stream, history, edge: { ms: hourMs, ...sides } };
  const about = [start + 6 * hourMs, start + 7.5 * hourMs] as const;
  expect(disturbedOf(facts, () => false).short(...about)).toBe(true);
  expect(disturbedOf(facts, () => true).short(...about)).toBe(false);
});
