import { describe, expect, test } from 'vitest';
import type { LabProcess, LabRevocation, LabView } from '../../lib/shared/lab/lab-view.ts';
import { labSentence, leftText } from '../../lib/shared/lab/lab-words.ts';
import { isReadable, type ReadFacts, readability } from '../../lib/shared/lab/readability.ts';

const minuteMs = 60_000;
const now = 1_000 * minuteMs;

const process = (number: number, more: Partial<LabProcess> = {}): LabProcess => ({
  process: `engine-${number}`,
  leases: 1,
  lastLeaseEndsAt: now + 58 * minuteMs,
  isTaken: false,
  lastUseBy: null,
  sessionEndsAt: now + 10 * minuteMs,
  lastSuccessAt: now,
  lastDeniedAt: null,
  readable: 1,
  ...more,
});

const revocation: LabRevocation = {
  kind: 'disable',
  at: now - 50 * minuteMs,
  promisedBy: now + 10 * minuteMs,
  darkAt: null,
  undoneAt: null,
};

const view = (processes: LabProcess[], more: Partial<LabView> = {}) => ({
  processes,
  kms: 'open' as const,
  trusted: true,
  keys: [],
  registered: { via: 'alias' as const, key: 'A' as const, uri: '' },
  revocations: [],
  ...more,
});

const taken = (number: number, lastUseBy: number | null) =>
  process(number, { isTaken: true, lastUseBy });

describe('the sentence', () => {
  test('counts who still holds keys and when the last goes dark', () => {
    const held = [taken(1, now + 14 * minuteMs + 20_000), taken(2, now + minuteMs), taken(3, null)];
    const told = view(held, { revocations: [revocation] });
    expect(labSentence(told, now)).toBe(
      '2 of 3 processes still hold keys; the last goes dark in 14 min 20 s.',
    );
    // A look is some time old: what has ended meanwhile is not counted.
    expect(labSentence(told, now + 2 * minuteMs)).toBe(
      '1 of 3 processes still hold keys; the last goes dark in 12 min 20 s.',
    );
  });

  test('says when all was dark and what was promised', () => {
    const dark = { ...revocation, darkAt: now - 3 * minuteMs };
    expect(labSentence(view([taken(1, null)], { revocations: [dark] }), now)).toBe(
      'Everything is dark in 1 process, 47 min after “Disable the key”; the promise was 1 h.',
    );
    const atOnce = { ...revocation, darkAt: revocation.at };
    expect(labSentence(view([taken(1, null)], { revocations: [atOnce] }), now)).toBe(
      'Everything is dark in 1 process, at once by “Disable the key”; the promise was 1 h.',
    );
  });

  test('tells an outage from a revocation', () => {
    expect(labSentence(view([process(1), process(2)], { kms: 'cut-off' }), now)).toBe(
      'The KMS cannot be reached. 2 of 2 processes serve on from leases; the last ends in 58 min.',
    );
  });

  test('without either it says how long a key could still be used', () => {
    expect(labSentence(view([process(1), process(2)]), now)).toBe(
      '2 of 2 processes hold keys. If the key were taken now, the last could be used for 58 min.',
    );
  });
});

test('time left is rounded up to whole seconds', () => {
  expect([0, 1, 59_001, 60_001, 3_600_000, 3_661_000].map(leftText)).toEqual([
    '0 s',
    '1 s',
    '1 min',
    '1 min 1 s',
    '1 h',
    '1 h 1 min',
  ]);
});

test('a lease is enough; without one everything on the way to the key must say yes', () => {
  const open: ReadFacts = {
    isHeld: false,
    remembered: null,
    hasSession: true,
    kms: 'open',
    isAllowed: true,
    isOwnKey: true,
  };
  expect(readability(open)).toBe('kms');
  expect(readability({ ...open, kms: 'throttled' })).toBe('kms');
  const broken: [Partial<ReadFacts>, string][] = [
    [{ remembered: 'denied' }, 'denied'],
    [{ hasSession: false, kms: 'cut-off' }, 'denied'],
    [{ kms: 'cut-off', isAllowed: false }, 'outage'],
    [{ isAllowed: false, isOwnKey: false }, 'denied'],
    [{ isOwnKey: false }, 'wrong-key'],
  ];
  for (const [fault, how] of broken) {
    expect(readability({ ...open, ...fault })).toBe(how);
    expect(isReadable(readability({ ...open, ...fault }))).toBe(false);
    expect(readability({ ...open, ...fault, isHeld: true })).toBe('held');
  }
});
