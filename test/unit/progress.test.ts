import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { progressLine, saidWhile } from '../../lib/cli/progress.ts';

let written: string;
let isTTY: boolean;
beforeEach(() => {
  written = '';
  isTTY = process.stderr.isTTY;
  vi.useFakeTimers({ now: 0 });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  process.stderr.isTTY = isTTY;
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('how far a long work is', () => {
  test('is one line of a terminal that rewrites itself and goes away', () => {
    process.stderr.isTTY = true;
    const progress = progressLine('laying');
    for (const share of [0.1, 0.101, 0.2]) progress.show(share);
    expect(written).toBe('\r\u001b[2Klaying 10 %\r\u001b[2Klaying 20 %');
    progress.end();
    expect(written.endsWith('20 %\r\u001b[2K')).toBe(true);
  });

  test('is a line every ten seconds where stderr is no terminal, and none where it takes less', () => {
    process.stderr.isTTY = false;
    const progress = progressLine('laying');
    for (let second = 0; second < 25; second += 1) {
      progress.show(second / 100);
      vi.advanceTimersByTime(1_000);
    }
    progress.end();
    expect(written).toBe('laying: 10 %\nlaying: 20 %\n');
  });

  test('is said by its time where its length is not known, until it ends or fails', async () => {
    for (const end of ['resolve', 'reject'] as const) {
      written = '';
      const work = Promise.withResolvers<void>();
      const done = saidWhile('opening', work.promise).catch(() => 'failed');
      await vi.advanceTimersByTimeAsync(9_000);
      expect(written).toBe('');
      await vi.advanceTimersByTimeAsync(12_000);
      expect(written).toBe('opening: 10 s so far\nopening: 20 s so far\n');
      work[end](undefined);
      expect(await done).toBe(end === 'resolve' ? undefined : 'failed');
      await vi.advanceTimersByTimeAsync(60_000);
      expect(written).toBe('opening: 10 s so far\nopening: 20 s so far\n');
    }
  });
});
