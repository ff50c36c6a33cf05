import { expect, test } from 'vitest';
import { isUncounted, isUnlogged } from '../../lib/shared/is-uncounted.ts';

const ledger = (calls: number, events: number) => ({
  lines: [
    { id: 'calls', total: calls },
    { id: 'events', total: events },
  ],
});

test('requests without an event of the log are counted, but nobody’s use of the key is known', () => {
  expect([isUncounted(ledger(0, 0)), isUnlogged(ledger(0, 0))]).toEqual([true, true]);
  expect([isUncounted(ledger(5, 0)), isUnlogged(ledger(5, 0))]).toEqual([false, true]);
  expect([isUncounted(ledger(5, 5)), isUnlogged(ledger(5, 5))]).toEqual([false, false]);
});
