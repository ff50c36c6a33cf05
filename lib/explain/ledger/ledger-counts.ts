/** The counts that the ledger and the waterfall are made of, from the window's sums. */

import { attemptOf, lookupOf } from '../../domain/sum-label.ts';
import type { WindowSum } from '../../domain/window-facts.ts';
import { addTo } from '../../shared/counts.ts';
import { eventKind, isJudgedByTelemetry, ourPrincipals, total, type WindowFacts } from './facts.ts';
import { type Signals, signalsOf } from './signals.ts';

/** Every count the ledger and the waterfall are made of. */
export interface LedgerCounts {
  known: Signals;
  ofProcess: boolean;
  messages: number;
  operations: number;
  outcomes: ReadonlyMap<string, number>;
  calls: number;
  /** Calls that lookups or their kind tell of, and whose numbers their processes' telemetry skips. */
  callsLost: number;
  /** What calls and requests exceed their other side by as long as that one is on its way; negative where they are. */
  untold: { calls: number; attempts: number };
  adopted: number;
  refreshes: number;
  validations: number;
  retries: number;
  neverSent: number;
  attempts: number;
  matchedAttempts: number;
  edgeAttempts: number;
  pending: number;
  neverLogged: ReadonlyMap<string, number>;
  unexplained: number;
  events: Record<EventFate, number>;
  edgeEvents: number;
  /** Past retention: what would else be unexplained, and suspect; null where all of the window is kept. */
  sumsOnly: { attempts: number; events: number } | null;
}

/** A pending one may be of a call whose telemetry is on its way. */
type EventFate = 'matched' | 'lost' | 'suspect' | 'stranger' | 'other' | 'pending';

export function countsOf(facts: WindowFacts): LedgerCounts {
  const { missing, told, messages, ...engine } = engineCounts(facts.sums);
  const untold = engineCounts(facts.untold);
  const lacking = told - engine.calls - (untold.told - untold.calls);
  const { unexplained, ...attempts } = attemptFates(facts);
  const { events, edgeEvents } = eventFates(facts);
  const closed = facts.sumsBefore !== null;
  return {
    known: signalsOf(facts),
    ofProcess: facts.ofProcess,
    messages: messages > 0 ? messages : (facts.messagesGiven ?? 0),
    ...engine,
    callsLost: Math.min(missing - untold.missing, Math.max(0, lacking)),
    untold: {
      calls: untold.calls - untold.told,
      attempts: untold.attempts - (untold.calls - untold.neverSent + untold.retries),
    },
    ...attempts,
    unexplained: closed ? 0 : unexplained,
    events: closed ? { ...events, suspect: 0 } : events,
    edgeEvents,
    sumsOnly: closed ? { attempts: unexplained, events: events.suspect } : null,
  };
}

/** What the engine's two signals count; `told` are the calls that lookups or their own kind tell of. */
function engineCounts(sums: readonly WindowSum[]) {
  const of = (measure: string, fits: (sum: WindowSum) => boolean = () => true) =>
    total(sums, (sum) => sum.measure === measure && fits(sum));
  const outcomes = new Map<string, number>();
  for (const sum of sums) {
    if (sum.measure !== 'operations') continue;
    addTo(outcomes, lookupOf(sum.label).outcome, sum.n);
  }
  const neverSent = of('attempts', ({ label }) => attemptOf(label).fate === 'never-sent');
  const adopted = of('calls', ({ label }) => label === 'dek.adopted');
  const refreshes = of('calls', ({ label }) => label === 'refresh.ahead');
  const validations = of('calls', ({ label }) => label === 'validate');
  return {
    messages: of('messages'),
    operations: of('operations'),
    outcomes,
    calls: of('calls'),
    told: (outcomes.get('miss') ?? 0) + adopted + refreshes + validations,
    missing: of('missing'),
    adopted,
    refreshes,
    validations,
    retries: of('retries'),
    neverSent,
    attempts: of('attempts') - neverSent,
  };
}

/** Every event of the window. */
export const eventsOf = ({ events, edgeEvents, sumsOnly }: LedgerCounts): number =>
  Object.values(events).reduce((sum, n) => sum + n, edgeEvents + (sumsOnly?.events ?? 0));

/** Reasons why an attempt that was made is not in the log, by how it ended. */
const neverLoggedReasons: ReadonlyMap<string, string> = new Map([
  ['denied', 'denied across accounts'],
  ['wrong-key', 'failed across accounts'],
  ['throttled', 'throttled'],
  ['server-error', 'server error'],
  ['no-answer', 'no answer'],
]);

function attemptFates(facts: WindowFacts) {
  const neverLogged = new Map<string, number>();
  let matched = 0;
  let late = 0;
  for (const { measure, label, key, n } of facts.sums) {
    if (measure !== 'attempts') continue;
    const reason = neverLoggedReason(label, key, facts);
    const { fate } = attemptOf(label);
    if (fate === 'matched') matched += n;
    else if (reason !== null) addTo(neverLogged, reason, n);
    else if (fate === 'unmatched') late += n;
  }
  const pending = total(
    facts.uncovered,
    ({ measure, label, key }) =>
      measure === 'attempts' &&
      attemptOf(label).fate === 'unmatched' &&
      neverLoggedReason(label, key, facts) === null,
  );
  const edgeAttempts = Math.min(matched, facts.edges.attempts);
  return {
    matchedAttempts: matched - edgeAttempts,
    edgeAttempts,
    pending,
    neverLogged,
    unexplained: late - pending,
  };
}

function neverLoggedReason(label: string, key: string, facts: WindowFacts): string | null {
  const { fate, how } = attemptOf(label);
  const reason = fate === 'unmatched' ? neverLoggedReasons.get(how) : undefined;
  if (reason === undefined) return null;
  const failed = how === 'denied' || how === 'wrong-key';
  return failed && !facts.crossAccountKeys.has(key) ? null : reason;
}

function eventFates(facts: WindowFacts) {
  const ours = ourPrincipals(facts);
  const events = { matched: 0, lost: 0, suspect: 0, stranger: 0, other: 0, pending: 0 };
  for (const { measure, label, process, n } of facts.sums) {
    if (measure !== 'events') continue;
    const kind = eventKind(label, ours.has(process));
    if (kind !== 'copy') events[kind] += n;
  }
  for (const { measure, label, process, n } of facts.untold) {
    const kind = measure === 'events' ? eventKind(label, ours.has(process)) : 'other';
    if (!isJudgedByTelemetry(kind)) continue;
    events[kind] -= n;
    events.pending += n;
  }
  const edgeEvents = Math.min(events.matched, facts.edges.events);
  return { events: { ...events, matched: events.matched - edgeEvents }, edgeEvents };
}
