import { describe, expect, test } from 'vitest';
import { type JoinAttempt, type JoinEvent, joinEvents } from '../../lib/correlate/join.ts';
import { actionOf } from '../../lib/domain/kms-operations.ts';
import { customer, keyArn, service } from '../support/records.ts';

const number = { process: 'engine-1', boot: 'boot0001', seq: 7, attempt: 1 };
const attempt = (given: Partial<JoinAttempt> = {}): JoinAttempt => ({
  ...number,
  at: 1_000,
  requestId: 'r-7',
  ...given,
});
const event = (given: Partial<JoinEvent> = {}): JoinEvent => ({
  eventId: 'e-7',
  at: 1_000,
  action: 'decrypt',
  key: keyArn,
  recipientAccount: customer,
  requestId: 'r-7',
  sharedEventId: null,
  claim: number,
  claimIn: 'user-agent',
  ...given,
});
const call = { process: 'engine-1', boot: 'boot0001', seq: 7, attempts: 1 };

function statesOf(input: Partial<Parameters<typeof joinEvents>[0]>): Record<string, string> {
  const verdicts = joinEvents({ attempts: [], calls: [], events: [], ...input });
  return Object.fromEntries(
    verdicts.map(({ event: { eventId }, state, method }) => [
      eventId,
      method === null ? state : `${state} by ${method}`,
    ]),
  );
}

describe('an event joins', () => {
  test('the attempt of its request id, whatever it claims', () => {
    const events = [event({ claim: null })];
    expect(statesOf({ attempts: [attempt()], events })).toEqual({ 'e-7': 'matched by request-id' });
    const other = [event({ claim: { ...number, seq: 8 } })];
    expect(
      statesOf({ attempts: [attempt(), attempt({ seq: 8, requestId: 'r-8' })], events: other }),
    ).toEqual({ 'e-7': 'matched by request-id' });
  });

  test('a timed-out attempt, which never learnt a request id, by its claim', () => {
    const attempts = [attempt({ requestId: null })];
    expect(statesOf({ attempts, events: [event()] })).toEqual({ 'e-7': 'matched by claim' });
  });

  test('by claim where the log lacks the request id', () => {
    const events = [event({ requestId: null })];
    expect(statesOf({ attempts: [attempt()], events })).toEqual({ 'e-7': 'matched by claim' });
  });

  test('the very attempt it claims, not another of the same call', () => {
    const attempts = [attempt({ requestId: null }), attempt({ attempt: 2, requestId: null })];
    const [verdict] = joinEvents({
      attempts,
      calls: [],
      events: [event({ claim: { ...number, attempt: 2 } })],
    });
    expect(verdict?.attempt?.attempt).toBe(2);
  });

  test.each([
    ['process', { process: 'engine-2' }],
    ['boot', { boot: 'boot0002' }],
    ['seq', { seq: 8 }],
    ['attempt', { attempt: 2 }],
  ])('nothing where its claim differs in the %s', (_name, other) => {
    const events = [event({ requestId: 'r-9', claim: { ...number, ...other } })];
    expect(statesOf({ attempts: [attempt({ requestId: null })], events })).toEqual({
      'e-7': 'claim-new',
    });
  });
});

describe('an event of ours without an attempt', () => {
  test('claims a number that telemetry lacks: the first fills it, the second is a repeat', () => {
    const events = [
      event({ requestId: 'r-b', eventId: 'later', at: 2_000 }),
      event({ requestId: 'r-a', eventId: 'first' }),
    ];
    expect(statesOf({ events })).toEqual({ first: 'claim-new', later: 'claim-used' });
  });

  test('replays the claim of a matched attempt: two request ids are two requests', () => {
    const events = [event(), event({ eventId: 'replayed', requestId: 'r-elsewhere' })];
    const found = { 'e-7': 'matched by request-id', replayed: 'claim-used' };
    expect(statesOf({ attempts: [attempt()], events })).toEqual(found);
    // Even where the replay is logged first, and where the true event has not come yet.
    const early = [event(), event({ eventId: 'replayed', requestId: 'r-elsewhere', at: 0 })];
    expect(statesOf({ attempts: [attempt()], events: early })).toEqual(found);
    expect(statesOf({ attempts: [attempt()], events: early.slice(1) })).toEqual({
      replayed: 'claim-used',
    });
  });

  test('of a timed-out attempt two claims compete: the earlier joins, the later is a repeat', () => {
    const events = [
      event({ eventId: 'second', requestId: 'r-b', at: 2_000 }),
      event({ eventId: 'first', requestId: 'r-a' }),
    ];
    expect(statesOf({ attempts: [attempt({ requestId: null })], events })).toEqual({
      first: 'matched by claim',
      second: 'claim-used',
    });
  });

  test('claims an attempt that its call, as telemetry knows it, never made', () => {
    const claim = { ...number, attempt: 2 };
    const events = [event({ claim, requestId: 'r-9' })];
    expect(statesOf({ calls: [call], events })).toEqual({ 'e-7': 'claim-used' });
    expect(statesOf({ calls: [{ ...call, attempts: 2 }], events })).toEqual({ 'e-7': 'claim-new' });
    expect(statesOf({ calls: [{ ...call, boot: 'boot0002' }], events })).toEqual({
      'e-7': 'claim-new',
    });
  });

  test('claims nothing', () => {
    expect(
      statesOf({ attempts: [attempt()], events: [event({ claim: null, requestId: 'r-9' })] }),
    ).toEqual({
      'e-7': 'unclaimed',
    });
  });
});

describe('other operations', () => {
  test.each(['DescribeKey', 'DisableKey', 'ScheduleKeyDeletion', 'CreateGrant', 'RotateKey'])(
    '%s does not use the key’s material, with a claim or without',
    (operation) => {
      const action = actionOf(operation);
      const events = [
        event({ action, requestId: 'r-9' }),
        event({ action, requestId: 'r-8', claim: null, eventId: 'bare' }),
      ];
      expect(statesOf({ attempts: [attempt({ requestId: null })], events })).toEqual({
        'e-7': 'other',
        bare: 'other',
      });
    },
  );

  test.each(['GenerateDataKey', 'ReEncrypt', 'Sign', 'GenerateMac'])('%s does', (operation) => {
    const action = actionOf(operation);
    expect(statesOf({ events: [event({ action, claim: null })] })).toEqual({
      'e-7': 'unclaimed',
    });
  });
});

describe('copies of one cross-account request', () => {
  const shared = { sharedEventId: 's-1' };
  const theirs = event({ ...shared, eventId: 'z-theirs', recipientAccount: customer });
  const own = event({ ...shared, eventId: 'a-own', recipientAccount: service });

  test.each([[[theirs, own]], [[own, theirs]]])(
    'count once: the one in the key owner’s log stays',
    (events) => {
      expect(statesOf({ attempts: [attempt()], events })).toEqual({
        'z-theirs': 'matched by request-id',
        'a-own': 'copy',
      });
    },
  );

  test('count once where neither log is the owner’s, or the key names no account', () => {
    const foreign = [own, { ...own, eventId: 'b-own' }];
    expect(statesOf({ events: foreign })).toEqual({ 'a-own': 'claim-new', 'b-own': 'copy' });
    const bare = [own, theirs].map((one) => ({ ...one, key: 'k' }));
    expect(statesOf({ events: bare })).toEqual({ 'a-own': 'claim-new', 'z-theirs': 'copy' });
  });

  test('of a stranger count once too', () => {
    const events = [own, theirs].map((one) => ({ ...one, claim: null, requestId: 'r-9' }));
    expect(statesOf({ attempts: [attempt()], events })).toEqual({
      'z-theirs': 'unclaimed',
      'a-own': 'copy',
    });
  });

  test('events without a shared id are never copies of each other', () => {
    const events = [event(), event({ eventId: 'e-8', requestId: 'r-8', claim: null })];
    expect(Object.values(statesOf({ events }))).not.toContain('copy');
  });
});
