/**
 * The ledger of a window: five identities that say where every message's operations went, down to the events of the
 * audit log. What does not balance is each line's residual; it is shown, never spread over the terms.
 */

import type { WindowSum } from '../../domain/window-facts.ts';
import { addTo } from '../../shared/counts.ts';
import type { Ledger, LedgerLine, Term } from '../../shared/dto.ts';
import { eventKind, isJudgedByTelemetry, ourPrincipals, total, type WindowFacts } from './facts.ts';
import { line, rare, term, untoldTerm } from './ledger-line.ts';
import { type Signals, signalsOf } from './signals.ts';

const refusals = ['denial', 'outage', 'waiters', 'aborted', 'closed', 'directory'] as const;

export function buildLedger(facts: WindowFacts): Ledger {
  const counts = countsOf(facts);
  const { known } = counts;
  // A line that the missing signal would have told is left out: its zero would be no count.
  const lines = [
    ...(known.metrics ? [operationsLine(counts)] : []),
    ...(known.metrics && known.traces ? [callsLine(counts)] : []),
    ...(known.traces ? [attemptsLine(counts), logLine(counts)] : []),
    ...(facts.ofProcess || !known.log ? [] : [eventsLine(counts)]),
  ];
  const told = facts.sumsBefore === null ? lines : lines.map(closedLine);
  const residual = told.reduce((sum, line) => sum + Math.abs(line.residual), 0);
  return { lines: told, residual, messages: counts.messages };
}

/** What is left over where calls and events are gone: it can't be told apart any more, and accuses nobody. */
function closedLine(line: LedgerLine): LedgerLine {
  if (line.residual === 0) return line;
  const { id, label, total, residual } = line;
  const about = 'Fates that nobody can look into any more: the window reaches past retention.';
  const rest = term('sums-only', 'Kept as sums only', residual, about);
  const share = total === 0 ? null : residual / total;
  return { id, label, total, terms: [...line.terms, { ...rest, share }], residual: 0 };
}

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
    const outcome = sum.label.slice(sum.label.indexOf(':') + 1);
    addTo(outcomes, outcome, sum.n);
  }
  const neverSent = of('attempts', ({ label }) => label.startsWith('never-sent:'));
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
  ['unmatched:denied', 'denied across accounts'],
  ['unmatched:wrong-key', 'failed across accounts'],
  ['unmatched:throttled', 'throttled'],
  ['unmatched:server-error', 'server error'],
  ['unmatched:no-answer', 'no answer'],
]);

function attemptFates(facts: WindowFacts) {
  const neverLogged = new Map<string, number>();
  let matched = 0;
  let late = 0;
  for (const { measure, label, key, n } of facts.sums) {
    if (measure !== 'attempts') continue;
    const reason = neverLoggedReason(label, key, facts);
    if (label.startsWith('matched:')) matched += n;
    else if (reason !== null) addTo(neverLogged, reason, n);
    else if (label.startsWith('unmatched:')) late += n;
  }
  const pending = total(
    facts.uncovered,
    ({ measure, label, key }) =>
      measure === 'attempts' &&
      label.startsWith('unmatched:') &&
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
  const reason = neverLoggedReasons.get(label);
  if (reason === undefined) return null;
  const failed = label === 'unmatched:denied' || label === 'unmatched:wrong-key';
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

function operationsLine(counts: LedgerCounts): LedgerLine {
  const n = (outcome: string) => counts.outcomes.get(outcome) ?? 0;
  return line('operations', 'Operations', {
    total: counts.operations,
    terms: [
      term('hits', 'Cache hits', n('hit'), 'Lookups answered by a DEK in memory whose lease ran.'),
      term(
        'coalesced',
        'Coalesced',
        n('coalesced'),
        'Lookups that waited for another one of the same DEK.',
      ),
      term('misses', 'Misses', n('miss'), 'Lookups that asked the KMS.'),
      ...refusals.map((outcome) =>
        rare(
          term(
            `refused-${outcome}`,
            `Refused: ${outcome}`,
            n(outcome),
            'Lookups refused without asking the KMS.',
          ),
        ),
      ),
    ],
  });
}

function callsLine(counts: LedgerCounts): LedgerLine {
  return line('calls', 'KMS calls', {
    total: counts.calls,
    terms: [
      term('misses', 'Misses', counts.outcomes.get('miss') ?? 0, 'Lookups that asked the KMS.'),
      rare(
        term(
          'adopted',
          'Adopted',
          counts.adopted,
          'Lost a race to make a DEK and loaded the winner’s.',
          '/calls?cause=dek.adopted',
        ),
      ),
      rare(
        term(
          'refreshes',
          'Refreshes',
          counts.refreshes,
          'Re-validated ahead of time.',
          '/calls?cause=refresh.ahead',
        ),
      ),
      rare(
        term(
          'validations',
          'Validations',
          counts.validations,
          'Calls made to validate the key.',
          '/calls?cause=validate',
        ),
      ),
      rare(
        term(
          'calls-lost',
          'Telemetry lost',
          -counts.callsLost,
          'Calls whose numbers their process’s telemetry skips.',
        ),
      ),
      rare(untoldTerm(counts.untold.calls)),
    ],
  });
}

function attemptsLine(counts: LedgerCounts): LedgerLine {
  return line('attempts', 'KMS requests', {
    total: counts.attempts,
    terms: [
      term('calls', 'KMS calls', counts.calls, 'Logical calls, each with one cause.', '/calls'),
      rare(
        term(
          'never-sent',
          'Never sent',
          -counts.neverSent,
          'Failed before they were sent: credentials, DNS, connection.',
        ),
      ),
      rare(term('retries', 'Retries', counts.retries, 'Further attempts of one call.')),
      rare(untoldTerm(counts.untold.attempts)),
    ],
  });
}

function logLine(counts: LedgerCounts): LedgerLine {
  return line('log', 'Requests in the log', {
    total: counts.attempts,
    terms: [
      term(
        'matched',
        'Matched',
        counts.matchedAttempts,
        'Requests found in the audit log, one event each.',
        '/calls?show=matched',
      ),
      term(
        'pending',
        'Pending',
        counts.pending,
        'Younger than the log’s delivery lag.',
        '/calls?show=pending',
      ),
      ...[...counts.neverLogged].map(([reason, n]) =>
        term(
          `never-logged-${reason}`,
          `Never logged: ${reason}`,
          n,
          'The customer’s log does not show these.',
          '/calls?show=never-logged',
        ),
      ),
      rare(
        term(
          'edge',
          'Across the edge',
          counts.edgeAttempts,
          'Their event lies outside the window.',
        ),
      ),
    ],
  });
}

/** Events that claim a call that is not there: of a service that sends no telemetry, none was lost. */
export const lostLabel = ({ calls, operations, known }: LedgerCounts): string =>
  calls + operations === 0 || !known.traces ? 'Ours, as they claim' : 'Ours, telemetry lost';

const logAlone = ({ calls, operations }: LedgerCounts): boolean => calls + operations === 0;

function eventsLine(counts: LedgerCounts): LedgerLine {
  const { events } = counts;
  return line('events', 'Audit events', {
    total: eventsOf(counts),
    terms: [
      (logAlone(counts) ? rare : (given: Omit<Term, 'share'>) => given)(
        term(
          'matched',
          'Matched',
          counts.matchedAttempts,
          'Events of our own requests.',
          '/calls?show=matched',
        ),
      ),
      rare(
        term(
          'lost',
          lostLabel(counts),
          events.lost,
          'They claim a call that telemetry lacks.',
          '/calls?show=lost',
        ),
      ),
      rare(
        term(
          'suspect',
          'Suspects',
          events.suspect,
          'Our principal, but no call of ours.',
          '/calls?show=suspects',
        ),
      ),
      rare(
        term(
          'stranger',
          logAlone(counts) ? 'Uses of the key' : 'Strangers',
          events.stranger,
          logAlone(counts)
            ? 'Whose principals they are, the log alone does not say.'
            : 'Other principals using the key.',
          '/calls?show=strangers',
        ),
      ),
      rare(
        term(
          'other',
          'Other operations',
          events.other,
          'Describing or managing the key.',
          '/calls?show=other',
        ),
      ),
      rare(
        term(
          'events-pending',
          'Pending',
          events.pending,
          'They may be of calls whose telemetry is still on its way.',
          '/calls?show=events',
        ),
      ),
      rare(
        term(
          'edge',
          'Across the edge',
          counts.edgeEvents,
          'Their request lies outside the window.',
        ),
      ),
    ],
  });
}
