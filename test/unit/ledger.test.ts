import { describe, expect, test } from 'vitest';
import type { WindowFacts } from '../../lib/explain/ledger/facts.ts';
import { buildLedger } from '../../lib/explain/ledger/ledger.ts';
import { countsOf } from '../../lib/explain/ledger/ledger-counts.ts';
import { buildWaterfall } from '../../lib/explain/ledger/waterfall.ts';
import { sum, windowFacts } from '../support/facts.ts';
import { ourRole } from '../support/records.ts';

/** The terms of one line that are not zero, and its residual. */
function lineOf(facts: WindowFacts, id: string): Record<string, number> {
  const line = buildLedger(facts).lines.find((one) => one.id === id);
  const terms = (line?.terms ?? []).filter(({ value }) => value !== 0);
  return {
    total: line?.total ?? -1,
    ...Object.fromEntries(terms.map((term) => [term.id, term.value])),
    residual: line?.residual ?? -1,
  };
}

describe('a line of the ledger', () => {
  test('operations: each outcome is a term of its own', () => {
    const outcomes = [
      'hit',
      'coalesced',
      'miss',
      'denial',
      'outage',
      'waiters',
      'aborted',
      'closed',
      'directory',
    ];
    const sums = outcomes.map((outcome, index) =>
      sum('operations', `message:${outcome}`, 2 ** index),
    );
    expect(lineOf(windowFacts(sums), 'operations')).toEqual({
      total: 511,
      hits: 1,
      coalesced: 2,
      misses: 4,
      'refused-denial': 8,
      'refused-outage': 16,
      'refused-waiters': 32,
      'refused-aborted': 64,
      'refused-closed': 128,
      'refused-directory': 256,
      residual: 0,
    });
  });

  test('operations: an outcome unheard of is a residual, not somebody else’s term', () => {
    const sums = [sum('operations', 'message:hit', 5), sum('operations', 'message:new', 2)];
    expect(lineOf(windowFacts(sums), 'operations')).toEqual({ total: 7, hits: 5, residual: 2 });
  });

  test('operations outside a message count beside those inside', () => {
    const sums = [sum('operations', 'message:hit', 5), sum('operations', 'outside:hit', 2)];
    expect(lineOf(windowFacts(sums), 'operations')).toEqual({ total: 7, hits: 7, residual: 0 });
  });

  test('events: of one process there is no such line, for they are the key’s', () => {
    const sums = [sum('calls', 'load.first', 2), sum('operations', 'message:miss', 2)];
    const facts = windowFacts([...sums, sum('attempts', 'matched:request-id', 2)], {
      ofProcess: true,
    });
    const { lines, residual } = buildLedger(facts);
    expect(lines.map(({ id }) => id)).toEqual(['operations', 'calls', 'attempts', 'log']);
    expect(residual).toBe(0);
    expect(buildWaterfall(countsOf(facts)).at(-1)?.id).toBe('requests');
  });

  test('calls: numbers that telemetry skips are lost, as far as lookups tell of them', () => {
    const known = [sum('operations', 'message:miss', 5), sum('calls', 'load.first', 3)];
    expect(lineOf(windowFacts([...known, sum('missing', '', 2)]), 'calls')).toEqual({
      total: 3,
      misses: 5,
      'calls-lost': -2,
      residual: 0,
    });
    expect(lineOf(windowFacts([...known, sum('missing', '', 1)]), 'calls').residual).toBe(-1);
    expect(lineOf(windowFacts([...known, sum('missing', '', 9)]), 'calls').residual).toBe(0);
  });

  test('calls: misses and the calls that no lookup’s miss began', () => {
    const sums = [
      sum('operations', 'message:miss', 3),
      sum('calls', 'load.first', 3),
      sum('calls', 'dek.adopted', 1),
      sum('calls', 'refresh.ahead', 4),
      sum('calls', 'validate', 2),
    ];
    expect(lineOf(windowFacts(sums), 'calls')).toEqual({
      total: 10,
      misses: 3,
      adopted: 1,
      refreshes: 4,
      validations: 2,
      residual: 0,
    });
  });

  test('requests: what was never sent is taken off, retries are added', () => {
    const sums = [
      sum('calls', 'load.first', 10),
      sum('retries', '', 4),
      sum('attempts', 'never-sent:ECONNREFUSED', 2),
      sum('attempts', 'never-sent:ENOTFOUND', 1),
      sum('attempts', 'matched:request-id', 11),
    ];
    expect(lineOf(windowFacts(sums), 'attempts')).toEqual({
      total: 11,
      calls: 10,
      'never-sent': -3,
      retries: 4,
      residual: 0,
    });
  });

  test('the log: what is younger than the log’s delivery is pending, the rest of the unmatched unexplained', () => {
    const sums = [sum('attempts', 'matched:claim', 5), sum('attempts', 'unmatched:ok', 4)];
    const uncovered = [sum('attempts', 'matched:claim', 1), sum('attempts', 'unmatched:ok', 3)];
    expect(lineOf(windowFacts(sums, { uncovered }), 'log')).toEqual({
      total: 9,
      matched: 5,
      pending: 3,
      residual: 1,
    });
  });

  test('the log: failures that it never shows are named by their reason', () => {
    const sums = [
      sum('attempts', 'unmatched:denied', 1),
      sum('attempts', 'unmatched:wrong-key', 2),
      sum('attempts', 'unmatched:throttled', 4),
      sum('attempts', 'unmatched:server-error', 8),
      sum('attempts', 'unmatched:no-answer', 16),
    ];
    const across = {
      total: 31,
      'never-logged-denied across accounts': 1,
      'never-logged-failed across accounts': 2,
      'never-logged-throttled': 4,
      'never-logged-server error': 8,
      'never-logged-no answer': 16,
      residual: 0,
    };
    expect(lineOf(windowFacts(sums), 'log')).toEqual(across);
    // They do not come later either.
    expect(lineOf(windowFacts(sums, { uncovered: sums }), 'log')).toEqual(across);
  });

  test('the log: within one account denials are logged, so a missing one is unexplained', () => {
    const sums = [
      sum('attempts', 'unmatched:denied', 3),
      sum('attempts', 'unmatched:throttled', 1),
    ];
    expect(lineOf(windowFacts(sums, { crossAccountKeys: new Set() }), 'log')).toEqual({
      total: 4,
      'never-logged-throttled': 1,
      residual: 3,
    });
  });

  test('pairs that the window’s edge parts are named on both sides', () => {
    const sums = [sum('attempts', 'matched:request-id', 10), sum('events', 'matched', 11, ourRole)];
    const facts = windowFacts(sums, { edges: { attempts: 2, events: 3 } });
    expect(lineOf(facts, 'log')).toEqual({ total: 10, matched: 8, edge: 2, residual: 0 });
    expect(lineOf(facts, 'events')).toEqual({ total: 11, matched: 8, edge: 3, residual: 0 });
  });

  test('events: ours lost, suspects, strangers and other operations, each once; copies not at all', () => {
    const sums = [
      sum('events', 'matched', 32, ourRole),
      sum('attempts', 'matched:request-id', 32),
      sum('events', 'copy', 99, ourRole),
      sum('events', 'claim-new', 1, ourRole),
      sum('events', 'unclaimed', 2, ourRole),
      sum('events', 'claim-used', 4, ourRole),
      sum('events', 'unclaimed', 8, 'AIDASTRANGER'),
      sum('events', 'claim-new', 1, 'AIDASTRANGER'),
      sum('events', 'claim-used', 1, 'AIDASTRANGER'),
      sum('events', 'other', 16, 'AIDAADMIN'),
    ];
    expect(lineOf(windowFacts(sums), 'events')).toEqual({
      total: 65,
      matched: 32,
      lost: 1,
      suspect: 6,
      stranger: 10,
      other: 16,
      residual: 0,
    });
  });

  test('events: an event matched without its attempt is a residual', () => {
    const sums = [sum('events', 'matched', 3, ourRole), sum('attempts', 'matched:claim', 1)];
    expect(lineOf(windowFacts(sums), 'events')).toEqual({ total: 3, matched: 1, residual: 2 });
  });

  test('a log without any telemetry takes principals that make claims at their word', () => {
    const sums = [
      sum('events', 'claim-new', 5, 'AROANEW'),
      sum('events', 'unclaimed', 1, 'AROANEW'),
      sum('events', 'unclaimed', 2, 'AIDAOTHER'),
    ];
    const facts = windowFacts(sums, {
      principals: new Map([['AROANEW', { name: 'x', ours: false }]]),
    });
    expect(lineOf(facts, 'events')).toMatchObject({ lost: 5, suspect: 1, stranger: 2 });
    // With telemetry that matched none of it, a claim alone makes nobody ours.
    const told = windowFacts([...sums, sum('calls', 'load.first', 1)], { principals: new Map() });
    expect(lineOf(told, 'events')).toMatchObject({ stranger: 8 });
  });

  test('residuals are added without their signs, so that two faults cannot cancel out', () => {
    const sums = [sum('operations', 'message:miss', 5), sum('calls', 'load.first', 3)];
    const ledger = buildLedger(windowFacts([...sums, sum('attempts', 'matched:claim', 5)]));
    expect(ledger.lines.map(({ residual }) => residual)).toEqual([0, -2, 2, 0, -5]);
    expect(ledger.residual).toBe(9);
  });

  test('an empty window balances', () => {
    expect(buildLedger(windowFacts([]))).toMatchObject({ residual: 0, messages: 0 });
  });

  test('messages are telemetry’s own, and the user’s count only where it has none', () => {
    const own = [sum('messages', 'message', 5)];
    expect(buildLedger(windowFacts(own, { messagesGiven: 9 })).messages).toBe(5);
    expect(buildLedger(windowFacts([], { messagesGiven: 9 })).messages).toBe(9);
  });
});

describe('the waterfall', () => {
  test('goes from messages to events in signed steps and leaves out what is zero', () => {
    const sums = [
      sum('messages', 'message', 100),
      sum('operations', 'message:hit', 170),
      sum('operations', 'message:coalesced', 10),
      sum('operations', 'message:miss', 20),
      sum('operations', 'message:outage', 5),
      sum('calls', 'load.first', 20),
      sum('calls', 'validate', 2),
      sum('retries', '', 3),
      sum('attempts', 'never-sent:ENOTFOUND', 1),
      sum('attempts', 'unmatched:throttled', 4),
      sum('attempts', 'matched:request-id', 20),
      sum('events', 'matched', 20, ourRole),
      sum('events', 'unclaimed', 7, 'AIDASTRANGER'),
    ];
    const steps = buildWaterfall(countsOf(windowFacts(sums)));
    expect(steps.map(({ id, kind, value }) => [id, kind, value])).toEqual([
      ['messages', 'total', 100],
      ['operations-per-message', 'delta', 105],
      ['operations', 'total', 205],
      ['hits', 'delta', -170],
      ['coalesced', 'delta', -10],
      ['refused', 'delta', -5],
      ['extra-calls', 'delta', 2],
      ['retries', 'delta', 3],
      ['never-sent', 'delta', -1],
      ['requests', 'total', 24],
      ['never-logged', 'delta', -4],
      ['stranger', 'delta', 7],
      ['events', 'total', 27],
    ]);
  });

  test('shows what cannot be accounted for as a step', () => {
    const sums = [
      sum('operations', 'message:miss', 3),
      sum('calls', 'load.first', 3),
      sum('attempts', 'unmatched:ok', 5),
    ];
    const steps = buildWaterfall(countsOf(windowFacts(sums)));
    expect(steps).toContainEqual(expect.objectContaining({ id: 'unbalanced', value: 2 }));
    expect(steps).toContainEqual(expect.objectContaining({ id: 'unexplained', value: -5 }));
  });
});
