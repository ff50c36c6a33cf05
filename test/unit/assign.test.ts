import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignByTime, pairCost, toleranceMs } from '../../lib/correlate/assign.ts';
import type { TimedAttempt, TimedEvent } from '../../lib/correlate/timed.ts';

const attempt = (id: string, sentAt: number, endedAt = sentAt + 50): TimedAttempt => ({
  id,
  sentAt,
  endedAt,
  requestId: null,
  ok: true,
});
const event = (eventId: string, at: number): TimedEvent => ({
  eventId,
  at,
  requestId: `r-${eventId}`,
  resolutionMs: 1_000,
  ok: true,
});

const names = (pairs: readonly { attempt: TimedAttempt; event: TimedEvent }[]) =>
  pairs.map(({ attempt: { id }, event: { eventId } }) => `${id} ${eventId}`).sort();

/** Every assignment there is, each as its pairs. */
function* assignments(
  attempts: readonly TimedAttempt[],
  events: readonly TimedEvent[],
): Generator<{ attempt: TimedAttempt; event: TimedEvent }[]> {
  const [first, ...rest] = attempts;
  if (first === undefined) {
    yield [];
    return;
  }
  yield* assignments(rest, events);
  for (const one of events) {
    if (pairCost(first, one) === null) continue;
    const left = events.filter((other) => other !== one);
    for (const others of assignments(rest, left)) yield [{ attempt: first, event: one }, ...others];
  }
}

const costOf = (pairs: readonly { attempt: TimedAttempt; event: TimedEvent }[]) =>
  pairs.reduce((sum, pair) => sum + (pairCost(pair.attempt, pair.event) ?? Number.NaN), 0);

// Few instants, so that times collide; some ids are known, so that some pairs are none.
const instant = fc.integer({ min: 0, max: 12 }).map((at) => at * 700);
const known = fc.option(fc.constantFrom('x', 'y'), { nil: null });
const answer = fc.constantFrom(true, true, false, null);
const attempts = fc
  .array(
    fc.record({
      sentAt: instant,
      lasts: fc.integer({ min: 0, max: 2_500 }),
      requestId: known,
      ok: answer,
    }),
    {
      maxLength: 5,
    },
  )
  .map((all) =>
    all.map(({ sentAt, lasts, requestId, ok }, at): TimedAttempt => {
      return { id: `a${at}`, sentAt, endedAt: sentAt + lasts, requestId, ok };
    }),
  );
const events = fc
  .array(
    fc.record({
      at: instant,
      requestId: known,
      resolutionMs: fc.constantFrom(1_000, 0.0001),
      ok: fc.boolean(),
    }),
    {
      maxLength: 5,
    },
  )
  .map((all) =>
    all.map(({ at, ...one }, index): TimedEvent => {
      const cut = at - (at % Math.max(1, one.resolutionMs));
      return { eventId: `e${index}`, at: cut, ...one };
    }),
  );

describe('the assignment by time', () => {
  test('takes as many pairs as can be, at the least cost of all that brute force finds', () => {
    fc.assert(
      fc.property(attempts, events, (given, log) => {
        const found = assignByTime(given, log);
        let best = { size: 0, cost: 0 };
        for (const pairs of assignments(given, log)) {
          const cost = costOf(pairs);
          if (pairs.length > best.size || (pairs.length === best.size && cost < best.cost))
            best = { size: pairs.length, cost };
        }
        expect({ size: found.length, cost: costOf(found) }).toEqual(best);
      }),
      { numRuns: 300 },
    );
  });

  test('joins each attempt and each event once at most, whatever the order given', () => {
    fc.assert(
      fc.property(attempts, events, (given, log) => {
        const found = names(assignByTime(given, log));
        expect(names(assignByTime([...given].reverse(), [...log].reverse()))).toEqual(found);
        const ids = found.flatMap((pair) => pair.split(' '));
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  test('does not join what lies outside of the tolerance', () => {
    const late = 10_000 + 50 + toleranceMs;
    expect(assignByTime([attempt('a', 10_000)], [event('e', late)])).toHaveLength(1);
    expect(assignByTime([attempt('a', 10_000)], [event('e', late + 1)])).toEqual([]);
    expect(assignByTime([attempt('a', 10_000)], [event('e', 10_000 - 3_000)])).toEqual([]);
  });

  test('does not join two requests whose ids differ', () => {
    expect(assignByTime([{ ...attempt('a', 0), requestId: 'other' }], [event('e', 0)])).toEqual([]);
  });

  test('gives up a nearer event where that joins one attempt more', () => {
    const found = assignByTime(
      [attempt('a', 5_000), attempt('b', 3_100)],
      [event('e', 5_000), event('f', 7_000)],
    );
    expect(names(found)).toEqual(['a f', 'b e']);
  });

  test('leaves an event to who saw an answer, though one who saw none is nearer', () => {
    const fine = (id: string, at: number) => ({ ...event(id, at), resolutionMs: 0.001 });
    const [answered, silent] = [attempt('a', 0), { ...attempt('b', 30), ok: null }];
    expect(names(assignByTime([silent, answered], [fine('e', 45)]))).toEqual(['a e']);
    // The same where the log's clock is learnt.
    const others = Array.from({ length: 30 }, (_, number) => 10_000 * (number + 1));
    const pairs = assignByTime(
      [silent, answered, ...others.map((at) => attempt(`a${at}`, at))],
      [fine('e', 45), ...others.map((at) => fine(`e${at}`, at + 25))],
    );
    expect(names(pairs)).toContain('a e');
    expect(pairs).toHaveLength(31);
  });

  test('of thousands at once, cut into groups, joins nearly all, and of nothing none', () => {
    const many = Array.from({ length: 3_000 }, (_, at) => attempt(`a${at}`, at * 100));
    const log = many.map(({ sentAt }, at) => event(`e${at}`, sentAt - (sentAt % 1_000)));
    expect(assignByTime(many, log).length).toBeGreaterThan(2_900);
    expect(assignByTime([], log)).toEqual([]);
    expect(assignByTime(many, [])).toEqual([]);
  });
});

test('of two requests of one second the log’s own encryption context tells which is whose', () => {
  const of = (workspace: string) => ({ workspace });
  const asked = [
    { ...attempt('a', 10_100), ...of('legal') },
    { ...attempt('b', 10_600), ...of('sales') },
  ];
  const logged = [
    { ...event('y', 10_000), ...of('sales') },
    { ...event('x', 10_000), ...of('legal') },
  ];
  expect(names(assignByTime(asked, logged))).toEqual(['a x', 'b y']);
  // One that another workspace shows in is no event of it, however near.
  expect(names(assignByTime(asked.slice(0, 1), logged.slice(0, 1)))).toEqual([]);
});
