/**
 * The ledger of a window: five identities that account for every message's operations, down to the events of the audit
 * log. What does not balance is the line's residual; it is shown and never spread over the terms.
 */

import type { Ledger, LedgerLine } from '../../shared/dto.ts';
import type { WindowFacts } from './facts.ts';
import { countsOf, eventsOf, type LedgerCounts } from './ledger-counts.ts';
import { line, rare } from './ledger-line.ts';
import { term } from './terms.ts';

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
  const { total, terms, residual } = line;
  if (residual === 0) return line;
  const share = total === 0 ? null : residual / total;
  return { ...line, terms: [...terms, { ...term('sums-only', residual), share }], residual: 0 };
}

function operationsLine(counts: LedgerCounts): LedgerLine {
  const n = (outcome: string) => counts.outcomes.get(outcome) ?? 0;
  const refused = refusals.map((outcome) =>
    rare('refused', n(outcome), {
      id: `refused-${outcome}`,
      label: `Refused: ${outcome}`,
      evidence: `operations:${outcome}`,
    }),
  );
  return line('operations', 'Operations', counts.operations, [
    term('hits', n('hit')),
    term('coalesced', n('coalesced')),
    term('misses', n('miss')),
    ...refused,
  ]);
}

function callsLine(counts: LedgerCounts): LedgerLine {
  return line('calls', 'KMS calls', counts.calls, [
    term('misses', counts.outcomes.get('miss') ?? 0),
    rare('adopted', counts.adopted),
    rare('refreshes', counts.refreshes),
    rare('validations', counts.validations),
    rare('calls-lost', -counts.callsLost),
    rare('untold', counts.untold.calls),
  ]);
}

function attemptsLine(counts: LedgerCounts): LedgerLine {
  return line('attempts', 'KMS requests', counts.attempts, [
    term('calls', counts.calls),
    rare('never-sent', -counts.neverSent),
    rare('retries', counts.retries),
    rare('untold', counts.untold.attempts),
  ]);
}

function logLine(counts: LedgerCounts): LedgerLine {
  const neverLogged = [...counts.neverLogged].map(([reason, n]) =>
    term('never-logged', n, {
      id: `never-logged-${reason}`,
      label: `Never logged: ${reason}`,
    }),
  );
  return line('log', 'Requests in the log', counts.attempts, [
    term('matched', counts.matchedAttempts),
    term('pending', counts.pending),
    ...neverLogged,
    rare('edge', counts.edgeAttempts, { about: 'Their event lies outside the window.' }),
  ]);
}

/** Events that claim a call which is not there. A service that sends no telemetry has lost none. */
export const lostLabel = ({ calls, operations, known }: LedgerCounts): string =>
  calls + operations === 0 || !known.traces ? 'Ours, as they claim' : 'Ours, telemetry lost';

/** Of a log alone. */
const strangersAlone = {
  label: 'Uses of the key',
  about: 'The log alone does not say whose principals they are.',
};

function eventsLine(counts: LedgerCounts): LedgerLine {
  const { events, calls, operations, matchedAttempts: matched } = counts;
  const isAlone = calls + operations === 0;
  return line('events', 'Audit events', eventsOf(counts), [
    isAlone && matched === 0
      ? null
      : term('matched', matched, { about: 'Events of our own requests.' }),
    rare('lost', events.lost, { label: lostLabel(counts) }),
    rare('suspect', events.suspect),
    rare('stranger', events.stranger, isAlone ? strangersAlone : {}),
    rare('other', events.other),
    rare('events-pending', events.pending),
    rare('edge', counts.edgeEvents, { about: 'Their request lies outside the window.' }),
  ]);
}
