import type { WindowSum } from '../../lib/domain/window-facts.ts';
import type { WindowFacts } from '../../lib/explain/ledger/facts.ts';
import { keyArn, ourRole } from './records.ts';

export const factsFrom = Date.UTC(2026, 10, 23, 12);
export const factsTo = factsFrom + 3_600_000;

/** One sum; `by` is the process, or the principal of events. */
export function sum(measure: string, label: string, n: number, by = 'engine-1'): WindowSum {
  return { measure, key: keyArn, process: by, operation: 'Decrypt', label, n };
}

/** An hour that the log covers whole, with our role known; what is given differs. */
export function windowFacts(
  sums: readonly WindowSum[],
  given: Partial<Omit<WindowFacts, 'sums'>> = {},
): WindowFacts {
  return {
    window: { from: factsFrom, to: factsTo },
    sums,
    uncovered: [],
    untold: [],
    toldUntil: Number.POSITIVE_INFINITY,
    edges: { attempts: 0, events: 0 },
    ofProcess: false,
    principals: new Map([
      [ourRole, { name: 'engine', ours: true }],
      ['AIDASTRANGER', { name: 'nightly-export', ours: false }],
    ]),
    crossAccountKeys: new Set([keyArn]),
    coveredUntil: factsTo,
    filesAlone: false,
    lagMs: 120_000,
    sumsBefore: null,
    messagesGiven: null,
    ...given,
  };
}

/** Counts that a window may have, each of them free. */
export interface Counts {
  messages: number;
  hit: number;
  coalesced: number;
  miss: number;
  refused: number;
  adopted: number;
  refreshed: number;
  validated: number;
  retries: number;
  neverSent: number;
  /** Attempts that are not in the log, by why. */
  denied: number;
  wrongKey: number;
  throttled: number;
  noAnswer: number;
  pending: number;
  edgeAttempts: number;
  edgeEvents: number;
  lost: number;
  suspect: number;
  replayed: number;
  stranger: number;
  other: number;
}

/** Sums of a window in which these counts happened and everything balances; null where they cannot all be. */
export function consistent(counts: Counts): WindowFacts | null {
  const calls = counts.miss + counts.adopted + counts.refreshed + counts.validated;
  const attempts = calls + counts.retries - counts.neverSent;
  const { denied, wrongKey, throttled, noAnswer, pending, edgeAttempts, edgeEvents } = counts;
  const matched = attempts - denied - wrongKey - throttled - noAnswer - pending;
  if (matched < edgeAttempts) return null;
  const waiting = sum('attempts', 'unmatched:ok', pending);
  const sums = [
    sum('messages', 'message', counts.messages),
    sum('operations', 'message:hit', counts.hit),
    sum('operations', 'outside:coalesced', counts.coalesced),
    sum('operations', 'message:miss', counts.miss),
    sum('operations', 'message:denial', counts.refused),
    sum('calls', 'load.first', counts.miss),
    sum('calls', 'dek.adopted', counts.adopted),
    sum('calls', 'refresh.ahead', counts.refreshed),
    sum('calls', 'validate', counts.validated),
    sum('retries', '', counts.retries),
    sum('attempts', 'never-sent:ECONNREFUSED', counts.neverSent),
    sum('attempts', 'matched:request-id', matched),
    sum('attempts', 'unmatched:denied', denied),
    sum('attempts', 'unmatched:wrong-key', wrongKey),
    sum('attempts', 'unmatched:throttled', throttled),
    sum('attempts', 'unmatched:no-answer', noAnswer),
    waiting,
    sum('events', 'matched', matched - edgeAttempts + edgeEvents, ourRole),
    sum('events', 'copy', matched, ourRole),
    sum('events', 'claim-new', counts.lost, ourRole),
    sum('events', 'unclaimed', counts.suspect, ourRole),
    sum('events', 'claim-used', counts.replayed, ourRole),
    sum('events', 'unclaimed', counts.stranger, 'AIDASTRANGER'),
    sum('events', 'other', counts.other, 'AIDASTRANGER'),
  ].filter(({ n }) => n > 0);
  return windowFacts(sums, {
    uncovered: pending > 0 ? [waiting] : [],
    edges: { attempts: edgeAttempts, events: edgeEvents },
  });
}
