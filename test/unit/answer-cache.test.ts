import { expect, test } from 'vitest';
import { answerCache } from '../../lib/services/answers/answer-cache.ts';
import type { Question } from '../../lib/services/answers/verbs.ts';

const question = (from: number): Question => ({
  verb: 'listChoices',
  input: { window: { from, to: from + 60_000 } },
});

/** A pool that numbers its answers. */
function scene() {
  const state = { version: '1:1:', clock: 0, asked: 0, failing: false };
  const ask = answerCache({
    pool: {
      ask: async () => {
        state.asked += 1;
        if (state.failing) throw new Error('away');
        return String(state.asked);
      },
    },
    version: async () => state.version,
    clockMs: () => state.clock,
  });
  return { state, ask };
}

test('what several ask at a time is reckoned once', async () => {
  const { ask, state } = scene();
  expect(await Promise.all([ask(question(0), 1), ask(question(0), 2)])).toEqual(['1', '1']);
  expect(await ask(question(60_000), 3)).toBe('2');
  expect(state.asked).toBe(2);
});

test('an answer stands until something is written, and for five seconds', async () => {
  const { ask, state } = scene();
  await ask(question(0), 1);
  state.clock = 4_999;
  expect(await ask(question(0), 2)).toBe('1');
  state.version = '2:2:';
  expect(await ask(question(0), 3)).toBe('2');
  state.clock = 9_999;
  expect(await ask(question(0), 4)).toBe('3');
});

test('a failure is not kept', async () => {
  const { ask, state } = scene();
  state.failing = true;
  await expect(ask(question(0), 1)).rejects.toThrow('away');
  state.failing = false;
  expect(await ask(question(0), 1)).toBe('2');
});

test('it keeps the newest 256 answers at most', async () => {
  const { ask, state } = scene();
  for (let no = 0; no < 257; no += 1) await ask(question(no), 1);
  await ask(question(256), 1);
  expect(state.asked).toBe(257);
  await ask(question(0), 1);
  expect(state.asked).toBe(258);
});
