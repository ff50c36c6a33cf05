/**
 * The ledger of a window: five identities that account for every message's operations, down to the events of the audit
 * log. What does not balance is the line's residual; it is shown and never spread over the terms.
 */

import type { Ledger, LedgerLine, LedgerTerm } from '../../shared/dto.ts';
import type { WindowFacts } from './facts.ts';
import { countsOf, eventsOf, type LedgerCounts } from './ledger-counts.ts';
import { line, rare, term, untoldTerm } from './ledger-line.ts';

const refusals = ['denial', 'outage', 'waiters', 'aborted', 'closed', 'directory'] as const;

export function buildLedger(facts: WindowFacts): Ledger {
  const counts = countsOf(facts);
  const { known } = counts;
  // Without its signal a line would show a zero that nobody counted: it is left out.
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

/** Past retention nobody can explain the rest any more: it becomes a term and accuses nobody. */
function closedLine(line: LedgerLine): LedgerLine {
  if (line.residual === 0) return line;
  const { id, label, total, residual } = line;
  const about = 'Past retention: what became of each of these cannot be told any more.';
  const rest = term({ id: 'sums-only', label: 'Kept as sums only', value: residual, about });
  const share = total === 0 ? null : residual / total;
  return { id, label, total, terms: [...line.terms, { ...rest, share }], residual: 0 };
}

function operationsLine(counts: LedgerCounts): LedgerLine {
  const n = (outcome: string) => counts.outcomes.get(outcome) ?? 0;
  return line('operations', 'Operations', {
    total: counts.operations,
    terms: [
      term({
        id: 'hits',
        label: 'Cache hits',
        value: n('hit'),
        about: 'Lookups answered by a DEK in memory whose lease ran.',
      }),
      term({
        id: 'coalesced',
        label: 'Coalesced',
        value: n('coalesced'),
        about: 'Lookups that waited for another one of the same DEK.',
      }),
      term({
        id: 'misses',
        label: 'Misses',
        value: n('miss'),
        about: 'Lookups that asked the KMS.',
      }),
      ...refusals.map((outcome) =>
        rare(
          term({
            id: `refused-${outcome}`,
            evidence: `operations:${outcome}`,
            label: `Refused: ${outcome}`,
            value: n(outcome),
            about: 'Lookups refused without asking the KMS.',
          }),
        ),
      ),
    ],
  });
}

function callsLine(counts: LedgerCounts): LedgerLine {
  return line('calls', 'KMS calls', {
    total: counts.calls,
    terms: [
      term({
        id: 'misses',
        label: 'Misses',
        value: counts.outcomes.get('miss') ?? 0,
        about: 'Lookups that asked the KMS.',
      }),
      rare(
        term({
          id: 'adopted',
          label: 'Adopted',
          value: counts.adopted,
          about: 'Lost a race to make a DEK and loaded the winner’s.',
          href: '/calls?cause=dek.adopted',
        }),
      ),
      rare(
        term({
          id: 'refreshes',
          label: 'Refreshes',
          value: counts.refreshes,
          about: 'Re-validated ahead of time.',
          href: '/calls?cause=refresh.ahead',
        }),
      ),
      rare(
        term({
          id: 'validations',
          label: 'Validations',
          value: counts.validations,
          about: 'Calls made to validate the key.',
          href: '/calls?cause=validate',
        }),
      ),
      rare(
        term({
          id: 'calls-lost',
          label: 'Telemetry lost',
          value: -counts.callsLost,
          about: 'Calls whose numbers their process’s telemetry skips.',
        }),
      ),
      rare(untoldTerm(counts.untold.calls)),
    ],
  });
}

function attemptsLine(counts: LedgerCounts): LedgerLine {
  return line('attempts', 'KMS requests', {
    total: counts.attempts,
    terms: [
      term({
        id: 'calls',
        label: 'KMS calls',
        value: counts.calls,
        about: 'Logical calls, each with one cause.',
        href: '/calls',
      }),
      rare(
        term({
          id: 'never-sent',
          label: 'Never sent',
          value: -counts.neverSent,
          about: 'Failed before they were sent: credentials, DNS, connection.',
        }),
      ),
      rare(
        term({
          id: 'retries',
          label: 'Retries',
          value: counts.retries,
          about: 'Further attempts of one call.',
        }),
      ),
      rare(untoldTerm(counts.untold.attempts)),
    ],
  });
}

function logLine(counts: LedgerCounts): LedgerLine {
  return line('log', 'Requests in the log', {
    total: counts.attempts,
    terms: [
      term({
        id: 'matched',
        label: 'Matched',
        value: counts.matchedAttempts,
        about: 'Requests found in the audit log, one event each.',
        href: '/calls?show=matched',
      }),
      term({
        id: 'pending',
        label: 'Pending',
        value: counts.pending,
        about: 'Younger than the log’s delivery lag.',
        href: '/calls?show=pending',
      }),
      ...[...counts.neverLogged].map(([reason, n]) =>
        term({
          id: `never-logged-${reason}`,
          evidence: 'attempts:unmatched',
          label: `Never logged: ${reason}`,
          value: n,
          about: 'The customer’s log does not show these.',
          href: '/calls?show=never-logged',
        }),
      ),
      rare(
        term({
          id: 'edge',
          label: 'Across the edge',
          value: counts.edgeAttempts,
          about: 'Their event lies outside the window.',
        }),
      ),
    ],
  });
}

/** Events that claim a call which is not there. A service that sends no telemetry has lost none. */
export const lostLabel = ({ calls, operations, known }: LedgerCounts): string =>
  calls + operations === 0 || !known.traces ? 'Ours, as they claim' : 'Ours, telemetry lost';

const logAlone = ({ calls, operations }: LedgerCounts): boolean => calls + operations === 0;

function eventsLine(counts: LedgerCounts): LedgerLine {
  return line('events', 'Audit events', {
    total: eventsOf(counts),
    terms: [
      (logAlone(counts) ? rare : (given: Omit<LedgerTerm, 'share'>) => given)(
        term({
          id: 'matched',
          label: 'Matched',
          value: counts.matchedAttempts,
          about: 'Events of our own requests.',
          href: '/calls?show=matched',
        }),
      ),
      ...unmatchedTerms(counts),
      rare(
        term({
          id: 'edge',
          label: 'Across the edge',
          value: counts.edgeEvents,
          about: 'Their request lies outside the window.',
        }),
      ),
    ],
  });
}

/** Events that belong to no request of ours. */
function unmatchedTerms(counts: LedgerCounts) {
  const { events } = counts;
  return [
    rare(
      term({
        id: 'lost',
        label: lostLabel(counts),
        value: events.lost,
        about: 'They claim a call that telemetry lacks.',
        href: '/calls?show=lost',
      }),
    ),
    rare(
      term({
        id: 'suspect',
        label: 'Suspects',
        value: events.suspect,
        about: 'Our principal, but no call of ours.',
        href: '/calls?show=suspects',
      }),
    ),
    rare(
      term({
        id: 'stranger',
        label: logAlone(counts) ? 'Uses of the key' : 'Strangers',
        value: events.stranger,
        about: logAlone(counts)
          ? 'The log alone does not say whose principals they are.'
          : 'Other principals using the key.',
        href: '/calls?show=strangers',
      }),
    ),
    rare(
      term({
        id: 'other',
        label: 'Other operations',
        value: events.other,
        about: 'Describing or managing the key.',
        href: '/calls?show=other',
      }),
    ),
    rare(
      term({
        id: 'events-pending',
        label: 'Pending',
        value: events.pending,
        about: 'They may be of calls whose telemetry is still on its way.',
        href: '/calls?show=events',
      }),
    ),
  ];
}
