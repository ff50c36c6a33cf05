import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { percentOf, progress, saidWhile } from '../../lib/cli/progress.ts';

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
  test('is one line of a terminal that goes away and leaves the keyboard to the command', () => {
    process.stderr.isTTY = true;
    // What a terminal's stream has beyond a file's.
    const done = () => true;
    Object.assign(process.stderr, { cursorTo: done, clearLine: done, moveCursor: done });
    const before = process.listeners('SIGINT');
    const laying = progress('laying');
    for (const share of [0.1, 0.201]) laying.show(percentOf(share));
    vi.advanceTimersByTime(200);
    expect(process.stdin.isRaw ?? false).toBe(false);
    laying.end();
    expect(written).toContain('laying 20 %');
    expect(written).not.toContain('\n');
    expect(process.listeners('SIGINT')).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is a line every ten seconds where stderr is no terminal, and none where it takes less', () => {
    process.stderr.isTTY = false;
    const laying = progress('laying');
    for (let second = 0; second < 25; second += 1) {
      laying.show(percentOf(second / 100));
      vi.advanceTimersByTime(1_000);
    }
    laying.end();
    expect(written).toBe('laying: 9 %\nlaying: 19 %\n');
  });

  test('is told while the work lets no timer run', () => {
    process.stderr.isTTY = false;
    const laying = progress('laying');
    vi.setSystemTime(0);
    vi.spyOn(performance, 'now').mockReturnValue(11_000);
    laying.show('a file\u001b[2J');
    laying.end();
    expect(written).toBe('laying: a file\\u001b[2J\n');
  });

  test('is said by its time where its length is not known, until it ends or fails', async () => {
    process.stderr.isTTY = false;
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
