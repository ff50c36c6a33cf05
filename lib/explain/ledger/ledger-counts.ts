/** The counts that the ledger and the waterfall are made of, from the window's sums. */

import { attemptOf, lookupOf } from '../../domain/sum-label.ts';
import type { WindowSum } from '../../domain/window-facts.ts';
import { addTo } from '../../shared/counts.ts';
import { eventKind, isJudgedByTelemetry, ourPrincipals, total, type WindowFacts } from './facts.ts';
import { signalsOf, type WindowSignals } from './signals.ts';

/** Every count the ledger and the waterfall are made of. */
export interface LedgerCounts {
  known: WindowSignals;
  ofProcess: boolean;
  messages: number;
  operations: number;
  outcomes: ReadonlyMap<string, number>;
  calls: number;
  /**
   * Calls that lookups (or the calls' own kind) prove, but whose numbers are missing from their process's telemetry.
   */
  callsLost: number;
  /**
   * How many calls and requests lack their other half because it has not arrived yet; negative where the halves are the
   * ones that arrived.
   */
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
  /** Past retention: what would otherwise be unexplained or suspect; null where the whole window is kept. */
  sumsOnly: { attempts: number; events: number } | null;
}

/** Pending events may belong to calls whose telemetry has not arrived yet. */
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

/** What the engine's two signals count; `told` is how many calls the lookups and the calls' own kinds prove. */
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

/** Why an attempt that was made is not in the log, by how the attempt ended. */
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
    neverLogged: new Map([...neverLogged].sort(([a], [b]) => (a < b ? -1 : 1))),
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
