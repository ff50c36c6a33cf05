import type { WaterfallStep } from '../../shared/dto.ts';
import { evidenceOf } from './evidence.ts';
import { eventsOf, type LedgerCounts, lostLabel } from './ledger.ts';

/** The steps from messages to operations, KMS requests and audit events; deltas between two totals sum exactly. */
export function buildWaterfall(counts: LedgerCounts): WaterfallStep[] {
  const n = (outcome: string) => counts.outcomes.get(outcome) ?? 0;
  const refused = counts.operations - n('hit') - n('coalesced') - n('miss');
  const { events, untold } = counts;
  const neverLogged = [...counts.neverLogged.values()].reduce((sum, count) => sum + count, 0);
  const steps: Step[] = [
    total('messages', 'Messages', counts.messages, 'Messages the service handled.'),
    delta(
      'operations-per-message',
      'Lookups beyond one a message',
      counts.operations - counts.messages,
      'A message looks up the DEK that seals it and each DEK of the history it opens.',
    ),
    total('operations', 'DEK lookups', counts.operations, 'Every time a data key was needed.'),
    delta('hits', 'Cache hits', -n('hit'), 'Answered from memory: no request.'),
    delta(
      'coalesced',
      'Coalesced',
      -n('coalesced'),
      'Waited for another lookup of the same DEK: no request of their own.',
    ),
    delta('refused', 'Refused', -refused, 'Refused without asking the KMS.'),
    delta(
      'extra-calls',
      'Adopted, refreshed, validated',
      counts.calls + counts.callsLost - untold.calls - n('miss'),
      'Calls that no lookup’s miss began.',
    ),
    delta('calls-lost', 'Telemetry lost', -counts.callsLost, 'Calls that telemetry has lost.'),
    delta(
      'untold',
      'Not in yet',
      untold.calls + untold.attempts,
      'The other half of their telemetry is still on its way.',
    ),
    delta('retries', 'Retries', counts.retries, 'Further attempts of one call.'),
    delta('never-sent', 'Never sent', -counts.neverSent, 'Failed before they were sent.'),
    delta(
      'unbalanced',
      'Unaccounted',
      counts.attempts - (counts.calls + counts.retries - counts.neverSent) - untold.attempts,
      'Requests without their call: telemetry is incomplete.',
    ),
    total(
      'requests',
      'KMS requests',
      counts.attempts,
      'Requests that were sent to the customer’s KMS.',
      '/calls',
    ),
    delta(
      'pending',
      'Pending',
      -counts.pending,
      'Younger than the log’s delivery lag.',
      '/calls?show=pending',
    ),
    delta(
      'never-logged',
      'Never logged',
      -neverLogged,
      'The customer’s log does not show these.',
      '/calls?show=never-logged',
    ),
    delta(
      'unexplained',
      'Not in the log',
      -counts.unexplained,
      'Should be in the log and is not.',
      '/calls?show=unmatched',
    ),
    delta(
      'lost',
      lostLabel(counts),
      events.lost,
      'Claim a call that telemetry lacks.',
      '/calls?show=lost',
    ),
    delta(
      'suspect',
      'Suspects',
      events.suspect,
      'Our principal, but no call of ours.',
      '/calls?show=suspects',
    ),
    delta(
      'stranger',
      'Strangers',
      events.stranger,
      'Other principals using the key.',
      '/calls?show=strangers',
    ),
    delta(
      'other',
      'Other operations',
      events.other,
      'Describing or managing the key.',
      '/calls?show=other',
    ),
    delta(
      'events-pending',
      'Pending',
      events.pending,
      'They may be of calls whose telemetry is still on its way.',
      '/calls?show=events',
    ),
    delta(
      'edge',
      'Across the window’s edge',
      counts.edgeEvents - counts.edgeAttempts,
      'Request and event on two sides of the window’s edge.',
    ),
    delta(
      'sums-only',
      'Kept as sums only',
      (counts.sumsOnly?.events ?? 0) - (counts.sumsOnly?.attempts ?? 0),
      'Past retention: events less requests whose fate can’t be told any more.',
    ),
    total('events', 'Audit events', eventsOf(counts), 'What the customer’s log shows for the key.'),
  ];
  return withShares(
    knownSteps(steps, counts).flatMap((step) =>
      step.kind === 'delta' && step.value === 0 ? [] : [step],
    ),
  );
}

/**
 * Of one process, or without a log, no more is known than requests: the log names principals. Without metrics it begins
 * with the requests, without traces it ends with the misses, which asked for some.
 */
function knownSteps(steps: readonly Step[], counts: LedgerCounts): Step[] {
  const at = (id: string) => steps.findIndex((step) => step.id === id);
  if (!counts.known.traces) {
    const misses = counts.outcomes.get('miss') ?? 0;
    const about = 'Lookups that asked the KMS.';
    return [...steps.slice(0, at('extra-calls')), total('misses', 'Misses', misses, about)];
  }
  const first = counts.known.metrics ? 0 : at('requests');
  const isCut = counts.ofProcess || !counts.known.log;
  return steps.slice(first, isCut ? at('requests') + 1 : steps.length);
}

/** A delta's share is of the total it hangs on, a total's of the messages. */
function withShares(steps: readonly Omit<WaterfallStep, 'share'>[]): WaterfallStep[] {
  const messages = steps.find(({ id }) => id === 'messages')?.value ?? 0;
  let base = 0;
  return steps.map((step) => {
    const of = step.kind === 'total' ? messages : base;
    if (step.kind === 'total') base = step.value;
    return { ...step, share: of === 0 ? null : step.value / of };
  });
}

type Step = Omit<WaterfallStep, 'share'>;

function total(id: string, label: string, value: number, about: string, href?: string): Step {
  return stepOf('total', { id, label, value, about }, href);
}

function delta(id: string, label: string, value: number, about: string, href?: string): Step {
  return stepOf('delta', { id, label, value, about }, href);
}

function stepOf(
  kind: Step['kind'],
  about: Pick<Step, 'id' | 'label' | 'value' | 'about'>,
  href: string | undefined,
): Step {
  return { ...about, kind, evidence: evidenceOf(about.id), ...(href !== undefined && { href }) };
}
