import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';

const startMs = Date.parse('2026-03-01T00:00:00Z');

function fixture(speed: number) {
  const wall = { ms: 5000, now: () => 0, monotonic: () => wall.ms };
  return { wall, clock: new SandboxClock({ wall, startMs, speed }) };
}

describe('SandboxClock', () => {
  it('starts at startMs and runs at its speed', () => {
    const { wall, clock } = fixture(60);
    expect(clock.now()).toBe(startMs);
    wall.ms += 1000;
    expect(clock.now()).toBe(startMs + 60_000);
    expect(clock.monotonic()).toBe(60_000);
  });

  it('gives whole milliseconds', () => {
    const { wall, clock } = fixture(0.7);
    wall.ms += 1.1;
    expect(Number.isInteger(clock.now())).toBe(true);
  });

  it('keeps the time already passed when its speed changes', () => {
    const { wall, clock } = fixture(60);
    wall.ms += 1000;
    clock.setSpeed(1);
    expect(clock.speed).toBe(1);
    wall.ms += 1000;
    expect(clock.now()).toBe(startMs + 61_000);
  });

  it('stands still at speed 0 and moves by jumpTo alone, monotonic side too', () => {
    const { wall, clock } = fixture(0);
    wall.ms += 99_999;
    expect(clock.now()).toBe(startMs);
    clock.jumpTo(startMs + 3_600_000);
    expect(clock.now()).toBe(startMs + 3_600_000);
    expect(clock.monotonic()).toBe(3_600_000);
  });

  it('refuses to go back, and speeds out of bounds, naming the option', () => {
    const { clock } = fixture(1);
    expect(() => clock.jumpTo(startMs - 1)).toThrow(RangeError);
    expect(() => clock.jumpTo(Number.NaN)).toThrow(/ms/);
    for (const speed of [-1, 3601, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => clock.setSpeed(speed)).toThrow(/^speed must/);
      expect(() => fixture(speed)).toThrow(/^speed must/);
    }
    expect(() => fixture(1).clock.setSpeed(3600)).not.toThrow();
  });

  it('never goes back, whatever is done to it', () => {
    const step = fc.record({
      wall: fc.double({ min: 0, max: 1e6, noNaN: true }),
      speed: fc.double({ min: 0, max: 3600, noNaN: true }),
      jump: fc.nat(1e7),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { wall, clock } = fixture(1);
        let last = { now: clock.now(), monotonic: clock.monotonic() };
        const check = () => {
          const next = { now: clock.now(), monotonic: clock.monotonic() };
          expect(next.now).toBeGreaterThanOrEqual(last.now);
          expect(next.monotonic).toBeGreaterThanOrEqual(last.monotonic);
          last = next;
        };
        for (const { wall: passed, speed, jump } of steps) {
          wall.ms += passed;
          check();
          clock.setSpeed(speed);
          check();
          clock.jumpTo(clock.now() + jump);
          check();
        }
      }),
    );
  });
});
