import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EventVerdict,
  type JoinAttempt,
  type JoinEvent,
  joinEvents,
  type KnownCall,
} from '../../lib/correlate/join.ts';
import { isUse } from '../../lib/domain/kms-operations.ts';

interface Input {
  attempts: JoinAttempt[];
  calls: KnownCall[];
  events: JoinEvent[];
}

// Few values, so that ids, claims and shared ids collide in every way they can.
const requestId = fc.option(fc.constantFrom('r1', 'r2', 'r3', 'r4'), { nil: null });
const number = fc.record({
  process: fc.constantFrom('p', 'q'),
  boot: fc.constant('boot0001'),
  seq: fc.integer({ min: 1, max: 3 }),
  attempt: fc.integer({ min: 1, max: 2 }),
});
const account = fc.constantFrom('200000000001', '100000000001');
const key = fc.constantFrom('arn:aws:kms:eu-central-1:200000000001:key/k', 'k', null);
const attempts = fc.uniqueArray(
  fc
    .record({ at: fc.integer({ min: 0, max: 2 }), requestId, number })
    .map(({ number: own, ...rest }): JoinAttempt => ({ ...own, ...rest })),
  {
    maxLength: 8,
    selector: ({ process, seq, attempt, at }) => `${process} ${seq} ${attempt} ${at}`,
  },
);
const events = fc.uniqueArray(
  fc.record({
    eventId: fc.constantFrom(...'abcdefghij'),
    at: fc.integer({ min: 0, max: 3 }),
    action: fc.constantFrom('encrypt' as const, 'decrypt' as const, 'other' as const),
    key,
    recipientAccount: fc.option(account, { nil: null }),
    requestId,
    sharedEventId: fc.option(fc.constantFrom('s1', 's2'), { nil: null }),
    claim: fc.option(number, { nil: null }),
    claimIn: fc.constantFrom('user-agent' as const, 'reason' as const, 'client-id' as const),
  }),
  { maxLength: 8, selector: ({ eventId }) => eventId },
);
const calls = fc.uniqueArray(
  fc.record({
    process: fc.constantFrom('p', 'q'),
    boot: fc.constant('boot0001'),
    seq: fc.integer({ min: 1, max: 3 }),
    attempts: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 4, selector: ({ process, seq }) => `${process} ${seq}` },
);
const inputs: fc.Arbitrary<Input> = fc.record({ attempts, calls, events });

const summary = (verdicts: readonly EventVerdict[]) =>
  verdicts
    .map(({ event, state, attempt, method }) => ({
      eventId: event.eventId,
      state,
      method,
      attempt: attempt && `${attempt.process} ${attempt.seq} ${attempt.attempt} ${attempt.at}`,
    }))
    .sort((a, b) => (a.eventId < b.eventId ? -1 : 1));

const numberOf = (of: { process: string; seq: number; attempt: number }) =>
  `${of.process} ${of.seq} ${of.attempt}`;

/** The join as its rules read, each by looking at everything. */
function naiveJoin({ attempts: given, calls: known, events: all }: Input): EventVerdict[] {
  const before = (a: JoinAttempt, b: JoinAttempt) => {
    const [x, y] = [numberOf(a), numberOf(b)];
    return x === y ? a.at - b.at : x < y ? -1 : 1;
  };
  const ours = [...given].sort(before);
  const inTime = [...all].sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1));
  const verdicts: EventVerdict[] = [];
  const judged = (event: JoinEvent) => verdicts.some((verdict) => verdict.event === event);
  const used = (attempt: JoinAttempt) => verdicts.some((verdict) => verdict.attempt === attempt);
  const say = (event: JoinEvent, state: EventVerdict['state']) =>
    verdicts.push({ event, state, attempt: null, method: null });
  const inOwnersLog = (event: JoinEvent) =>
    event.recipientAccount !== null && event.key?.split(':')[4] === event.recipientAccount;
  for (const event of inTime) {
    const same = inTime.filter(
      ({ sharedEventId }) => sharedEventId !== null && sharedEventId === event.sharedEventId,
    );
    const kept = same.find(inOwnersLog) ?? same[0];
    if (kept !== undefined && kept !== event) say(event, 'copy');
  }
  for (const event of inTime) {
    if (judged(event)) continue;
    const first = ours.find(({ requestId: id }) => id !== null && id === event.requestId);
    if (!isUse(event.action)) say(event, 'other');
    else if (first !== undefined && !used(first))
      verdicts.push({ event, state: 'matched', attempt: first, method: 'request-id' });
  }
  const claimed: string[] = [];
  for (const event of inTime) {
    const { claim } = event;
    if (judged(event)) continue;
    if (claim === null) {
      say(event, 'unclaimed');
      continue;
    }
    const attempt = ours.find((one) => numberOf(one) === numberOf(claim));
    const call = known.find(({ process, seq }) => process === claim.process && seq === claim.seq);
    const idsMayAgree = attempt?.requestId === null || event.requestId === null;
    const again = claimed.includes(numberOf(claim));
    if (attempt !== undefined && !used(attempt) && idsMayAgree)
      verdicts.push({
        event,
        state: 'matched',
        attempt,
        method: methods[event.claimIn ?? 'user-agent'],
      });
    else if (attempt === undefined && !again && !(call && claim.attempt > call.attempts))
      say(event, 'claim-new');
    else say(event, 'claim-used');
    claimed.push(numberOf(claim));
  }
  return verdicts;
}

const methods = { 'user-agent': 'claim', reason: 'reason', 'client-id': 'client-id' } as const;

const shuffles = <T>(of: readonly T[]) =>
  fc.shuffledSubarray([...of], { minLength: of.length, maxLength: of.length });
const runs = { numRuns: 2_000 };

describe('the join', () => {
  test('judges every event once, and an attempt joins at most one event and the reverse', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const verdicts = joinEvents(input);
        expect(new Set(verdicts.map(({ event }) => event)).size).toBe(input.events.length);
        expect(verdicts).toHaveLength(input.events.length);
        const joined = verdicts.flatMap(({ attempt }) => attempt ?? []);
        expect(new Set(joined).size).toBe(joined.length);
        for (const { state, attempt, method } of verdicts) {
          expect(attempt !== null).toBe(state === 'matched');
          expect(method !== null).toBe(state === 'matched');
        }
      }),
      runs,
    );
  });

  test('does not depend on the order of attempts, calls and events', () => {
    const orders = inputs.chain((input) =>
      fc.record({
        input: fc.constant(input),
        attempts: shuffles(input.attempts),
        calls: shuffles(input.calls),
        events: shuffles(input.events),
      }),
    );
    fc.assert(
      fc.property(orders, ({ input, ...shuffled }) => {
        expect(summary(joinEvents(shuffled))).toEqual(summary(joinEvents(input)));
      }),
      runs,
    );
  });

  test('equals the naive one', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        expect(summary(joinEvents(input))).toEqual(summary(naiveJoin(input)));
      }),
      runs,
    );
  });

  test('of a shared id keeps exactly one event, the one in the owner’s log where there is one', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const verdicts = joinEvents(input);
        for (const shared of ['s1', 's2']) {
          const group = verdicts.filter(({ event }) => event.sharedEventId === shared);
          const kept = group.filter(({ state }) => state !== 'copy');
          expect(kept).toHaveLength(Math.min(1, group.length));
          const inOwnersLog = ({ event }: EventVerdict) =>
            event.recipientAccount !== null && event.key?.split(':')[4] === event.recipientAccount;
          if (group.some(inOwnersLog)) expect(kept.every(inOwnersLog)).toBe(true);
        }
      }),
      runs,
    );
  });
});
