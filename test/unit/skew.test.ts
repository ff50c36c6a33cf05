import { describe, expect, test } from 'vitest';
import { assignByTime } from '../../lib/correlate/assign.ts';
import { areOurs, learnSkew } from '../../lib/correlate/skew.ts';
import type { TimedAttempt, TimedEvent } from '../../lib/correlate/timed.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';

interface Given {
  perSecond: number;
  seconds: number;
  skewMs: number;
  /** Of the attempts, which telemetry lost. */
  lost?: number;
}

/** Attempts and the events that they left, by the same names. */
function traffic({ perSecond, seconds, skewMs, lost = 0 }: Given) {
  const random = seededRandom(perSecond * 1_000 + skewMs);
  const attempts: TimedAttempt[] = [];
  const events: TimedEvent[] = [];
  for (let number = 0; number < perSecond * seconds; number += 1) {
    const id = String(number).padStart(6, '0');
    const sentAt = random() * seconds * 1_000;
    const endedAt = sentAt + 4 + random() * 36;
    const at = Math.floor(sentAt + random() * (endedAt - sentAt) + skewMs);
    events.push({ eventId: id, at, resolutionMs: 0.0001, requestId: null, ok: true });
    if (random() >= lost) attempts.push({ id, sentAt, endedAt, requestId: null, ok: true });
  }
  return { attempts, events };
}

const strangers = (count: number, seconds: number): TimedEvent[] => {
  const random = seededRandom(count);
  return Array.from({ length: count }, (_, number) => ({
    eventId: `stranger-${number}`,
    at: Math.floor(random() * seconds * 1_000),
    resolutionMs: 0.0001,
    requestId: null,
    ok: true,
  }));
};

describe('the log’s clock', () => {
  test.each([-1_500, -140, 0, 260, 1_900])('is learnt where it is %i ms off', (skewMs) => {
    const { attempts, events } = traffic({ perSecond: 0.5, seconds: 600, skewMs, lost: 0.02 });
    expect(Math.abs((learnSkew(attempts, events) ?? Number.NaN) - skewMs)).toBeLessThan(15);
  });

  test('is not learnt from few events, from whole seconds, or from somebody else’s', () => {
    const { attempts, events } = traffic({ perSecond: 0.5, seconds: 600, skewMs: 140 });
    expect(learnSkew(attempts, events.slice(0, 10))).toBeNull();
    const coarse = events.map((event) => ({ ...event, resolutionMs: 1_000 }));
    expect(learnSkew(attempts, coarse)).toBeNull();
    expect(learnSkew(attempts, strangers(200, 600))).toBeNull();
  });
});

describe('a caller', () => {
  const seconds = 1_200;
  test.each([0.05, 0.5, 2])('is ours by the times of its events, at %f a second', (perSecond) => {
    const given = traffic({ perSecond, seconds, skewMs: 140, lost: 0.02 });
    expect(areOurs(given.attempts, given.events.slice(0, 200))).toBe(true);
  });

  test.each([0.05, 0.5, 2, 20])(
    'that is not is never taken for it, at %f a second',
    (perSecond) => {
      const { attempts } = traffic({ perSecond, seconds, skewMs: 140 });
      for (const count of [20, 60, 200])
        expect(areOurs(attempts, strangers(count, seconds))).toBe(false);
    },
  );

  const inSeconds = (events: readonly TimedEvent[]) =>
    events.map((event) => ({
      ...event,
      at: Math.floor(event.at / 1_000) * 1_000,
      resolutionMs: 1_000,
    }));

  test.each([0.02, 0.05, 0.2])('is ours in a log of whole seconds, at %f a second', (perSecond) => {
    const given = traffic({ perSecond, seconds: 2_000, skewMs: 0, lost: 0.02 });
    expect(areOurs(given.attempts, inSeconds(given.events.slice(0, 200)))).toBe(true);
  });

  test.each([0.02, 0.2, 2, 20])(
    'that is not is never taken for it in whole seconds, at %f a second, nor by a burst of its own',
    (perSecond) => {
      const { attempts } = traffic({ perSecond, seconds: 2_000, skewMs: 0 });
      for (const count of [20, 60, 200])
        expect(areOurs(attempts, inSeconds(strangers(count, 2_000)))).toBe(false);
      const [{ sentAt } = { sentAt: 0 }] = attempts;
      const burst = strangers(60, 2_000).map((one) => ({ ...one, at: sentAt }));
      expect(areOurs(attempts, inSeconds(burst))).toBe(false);
    },
  );

  test('whom too little is known of is not', () => {
    const given = traffic({ perSecond: 0.5, seconds: 30, skewMs: 0 });
    expect(areOurs(given.attempts, given.events)).toBe(false);
  });
});

test('one event too many does not shift all pairs after it', () => {
  const { attempts, events } = traffic({ perSecond: 10, seconds: 120, skewMs: 140, lost: 0.02 });
  const pairs = assignByTime(attempts, events);
  const right = pairs.filter(({ attempt, event }) => attempt.id === event.eventId);
  expect(right.length / attempts.length).toBeGreaterThan(0.9);
});

test('confidence is about the share of pairs that are right', () => {
  for (const perSecond of [0.2, 2, 10]) {
    const { attempts, events } = traffic({ perSecond, seconds: 300, skewMs: 0, lost: 0.02 });
    const pairs = assignByTime(attempts, events);
    const right = pairs.filter(({ attempt, event }) => attempt.id === event.eventId).length;
    const sure = pairs.reduce((sum, { confidence }) => sum + confidence, 0);
    expect(Math.abs(right - sure) / pairs.length).toBeLessThan(0.05);
  }
});
