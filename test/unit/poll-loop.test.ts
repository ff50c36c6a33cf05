import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pollAfter } from '../../components/hooks/poll.ts';
import { sourceAt } from '../../lib/services/intake/log-sources.ts';
import { pollLoop } from '../../lib/services/intake/poll-loop.ts';
import type { Db } from '../../lib/store/connection/db.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a log that cannot be read is asked for ever more seldom, and the failure is said once', async () => {
  const asked: number[] = [];
  // The first thing that a reading needs of the store.
  const db = {
    $queryRawUnsafe: () => {
      asked.push(Date.now());
      return Promise.reject(new Error('the database is away'));
    },
  } as unknown as Db;
  const said: string[] = [];
  const everyMs = 60_000;
  const stop = pollLoop(
    { db, now: async () => Date.now() },
    sourceAt({ kind: 'folder', folder: '.' }, { startMs: 0, origin: 'environment' }),
    { say: (message) => said.push(message), leads: () => true },
  );
  await vi.advanceTimersByTimeAsync(2 * 3_600_000);
  await stop();
  const waits = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
  for (const [index, ms] of waits.entries()) {
    const doubled = Math.min(everyMs * 2 ** (index + 1), 10 * everyMs);
    expect(ms).toBeGreaterThanOrEqual(doubled / 2);
    expect(ms).toBeLessThanOrEqual(doubled);
  }
  expect(waits.length).toBeGreaterThan(10);
  expect(said).toHaveLength(1);
});

describe('a page', () => {
  const state = (dataUpdatedAt: number, errorUpdatedAt: number, errorUpdateCount: number) => ({
    status: 'error' as const,
    dataUpdatedAt,
    errorUpdatedAt,
    errorUpdateCount,
  });

  test('asks at its interval while answers come', () => {
    expect(pollAfter(5_000, { ...state(1, 0, 7), status: 'success' })).toBe(5_000);
    expect(pollAfter(5_000, { ...state(0, 0, 0), status: 'pending' })).toBe(5_000);
  });

  test.each([
    ['that had data', 1_000_000],
    ['that had none', 0],
  ])('%s asks ever more seldom while none come: at last once or twice a minute', (_, dataAt) => {
    let now = 1_000_000;
    const waits: number[] = [];
    for (let failures = 1; failures <= 12; failures += 1) {
      now += failures === 1 ? 5_000 : 0;
      const ms = pollAfter(5_000, state(dataAt, now, failures));
      // Asked for at each rendering it is the same.
      expect(pollAfter(5_000, state(dataAt, now, failures))).toBe(ms);
      waits.push(ms);
      now += ms + 100;
    }
    expect(waits[0]).toBeLessThanOrEqual(10_000);
    for (const ms of waits) expect(ms).toBeGreaterThanOrEqual(5_000);
    for (const ms of waits.slice(-4)) {
      expect(ms).toBeGreaterThanOrEqual(30_000);
      expect(ms).toBeLessThanOrEqual(60_000);
    }
  });
});
