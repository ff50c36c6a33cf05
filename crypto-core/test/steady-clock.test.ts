import { describe, expect, test } from 'vitest';
import { SteadyClock } from '../src/steady-clock.ts';
import { hourMs, ManualRuntime, minuteMs } from './support.ts';

function clockOn(runtime = new ManualRuntime()) {
  const clock = new SteadyClock(runtime);
  const begun = clock.now().monotonic;
  return { runtime, clock, passed: () => clock.now().monotonic - begun };
}

describe('time that a lease is measured by', () => {
  test('passes with both clocks alike', () => {
    const { runtime, passed } = clockOn();
    runtime.advance(hourMs);
    expect(passed()).toBe(hourMs);
  });

  test('passes while the machine sleeps, and while the wall clock is set back', () => {
    const { runtime, passed } = clockOn();
    runtime.wall += hourMs;
    expect(passed()).toBe(hourMs);
    runtime.wall -= 3 * hourMs;
    runtime.mono += minuteMs;
    expect(passed()).toBe(hourMs + minuteMs);
  });

  test('is not hidden by a wall clock set back and a sleep, one after the other', () => {
    const { runtime, passed } = clockOn();
    for (let n = 1; n <= 5; n += 1) {
      runtime.wall -= 2 * hourMs;
      passed();
      runtime.wall += 2 * hourMs;
      expect(passed()).toBe(n * 2 * hourMs);
    }
  });

  test('does not run fast because one clock is coarser than the other', () => {
    const { runtime, passed } = clockOn();
    const wall = runtime.wall;
    for (let n = 1; n <= 100_000; n += 1) {
      runtime.mono += 0.3;
      runtime.wall = wall + Math.floor(0.3 * n);
      passed();
    }
    expect(Math.abs(passed() - 30_000)).toBeLessThan(2);
  });

  test('never steps back', () => {
    const { runtime, clock } = clockOn();
    let before = clock.now().monotonic;
    for (const step of [5_000, -9_000, 700, -700, 800_000, -800_000, -3]) {
      runtime.wall += step;
      const { monotonic } = clock.now();
      expect(monotonic).toBeGreaterThanOrEqual(before);
      before = monotonic;
    }
  });
});
