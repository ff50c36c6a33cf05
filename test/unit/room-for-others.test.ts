import { expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { historyOf } from '../../lib/explain/log-only/history.ts';
import { needsNoRoom } from '../../lib/explain/log-only/room-for-others.ts';
import { streamsOf } from '../../lib/explain/log-only/streams.ts';
import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const start = Date.UTC(2026, 10, 24, 12);
const edge = { ms: 25 * minuteMs, fromMs: 0, toMs: 0, waits: 20, below: 0.9, score: 5 };

/** Whether an edge is refused where keys are asked for in such an order, a minute apart. */
function refused(order: readonly number[]): boolean {
  const uses = order.map((no, at): LogUse => {
    const context: [string, string][] = [['object', `o${no}`]];
    return logUse(start + at * minuteMs, { context });
  });
  const [stream] = streamsOf(uses);
  if (stream === undefined) throw new Error('no stream');
  const history = historyOf(stream, { makersHold: true, denied: () => false });
  return needsNoRoom(stream, history, edge);
}

test('what is asked for twice in a row was not pushed out: no TTL hides below that', () => {
  expect(refused(Array.from({ length: 80 }, (_, at) => Math.floor(at / 4)))).toBe(true);
});

test('what is asked for after others may have been pushed out by them', () => {
  expect(refused(Array.from({ length: 80 }, (_, at) => at % 8))).toBe(false);
});
