import type { WaterfallStep } from '../../shared/dto.ts';
import { evidenceOf } from './evidence.ts';
import { lostLabel } from './ledger.ts';
import { eventsOf, type LedgerCounts } from './ledger-counts.ts';

/** The steps from messages to operations, KMS requests and audit events; deltas between two totals sum exactly. */
export function buildWaterfall(counts: LedgerCounts): WaterfallStep[] {
  const steps = [...lookupSteps(counts), ...requestSteps(counts), ...logSteps(counts)];
  return withShares(
    knownSteps(steps, counts).flatMap((step) =>
      step.kind === 'delta' && step.value === 0 ? [] : [step],
    ),
  );
}

function lookupSteps(counts: LedgerCounts): Step[] {
  const n = (outcome: string) => counts.outcomes.get(outcome) ?? 0;
  const refused = counts.operations - n('hit') - n('coalesced') - n('miss');
  return [
    total({
      id: 'messages',
      label: 'Messages',
      value: counts.messages,
      about: 'Messages the service handled.',
    }),
    delta({
      id: 'operations-per-message',
      label: 'Lookups beyond one a message',
      value: counts.operations - counts.messages,
      about: 'A message looks up the DEK that seals it and each DEK of the history it opens.',
    }),
    total({
      id: 'operations',
      label: 'DEK lookups',
      value: counts.operations,
      about: 'Every time a data key was needed.',
    }),
    delta({
      id: 'hits',
      label: 'Cache hits',
      value: -n('hit'),
      about: 'Answered from memory: no request.',
    }),
    delta({
      id: 'coalesced',
      label: 'Coalesced',
      value: -n('coalesced'),
      about: 'Waited for another lookup of the same DEK: no request of their own.',
    }),
    delta({
      id: 'refused',
      label: 'Refused',
      value: -refused,
      about: 'Refused without asking the KMS.',
    }),
  ];
}

function requestSteps(counts: LedgerCounts): Step[] {
  const { untold } = counts;
  const misses = counts.outcomes.get('miss') ?? 0;
  return [
    delta({
      id: 'extra-calls',
      label: 'Adopted, refreshed, validated',
      value: counts.calls + counts.callsLost - untold.calls - misses,
      about: 'Calls that no lookup’s miss began.',
    }),
    delta({
      id: 'calls-lost',
      label: 'Telemetry lost',
      value: -counts.callsLost,
      about: 'Calls that telemetry has lost.',
    }),
    delta({
      id: 'untold',
      label: 'Not in yet',
      value: untold.calls + untold.attempts,
      about: 'The other half of their telemetry is still on its way.',
    }),
    delta({
      id: 'retries',
      label: 'Retries',
      value: counts.retries,
      about: 'Further attempts of one call.',
    }),
    delta({
      id: 'never-sent',
      label: 'Never sent',
      value: -counts.neverSent,
      about: 'Failed before they were sent.',
    }),
    delta({
      id: 'unbalanced',
      label: 'Unaccounted',
      value: counts.attempts - (counts.calls + counts.retries - counts.neverSent) - untold.attempts,
      about: 'Requests without their call: telemetry is incomplete.',
    }),
    total({
      id: 'requests',
      label: 'KMS requests',
      value: counts.attempts,
      about: 'Requests that were sent to the customer’s KMS.',
      href: '/calls',
    }),
  ];
}

/** From requests to the events that the log has of them. */
function logSteps(counts: LedgerCounts): Step[] {
  const neverLogged = [...counts.neverLogged.values()].reduce((sum, count) => sum + count, 0);
  return [
    delta({
      id: 'pending',
      label: 'Pending',
      value: -counts.pending,
      about: 'Younger than the log’s delivery lag.',
      href: '/calls?show=pending',
    }),
    delta({
      id: 'never-logged',
      label: 'Never logged',
      value: -neverLogged,
      about: 'The customer’s log does not show these.',
      href: '/calls?show=never-logged',
    }),
    delta({
      id: 'unexplained',
      label: 'Not in the log',
      value: -counts.unexplained,
      about: 'Should be in the log and is not.',
      href: '/calls?show=unmatched',
    }),
    ...eventSteps(counts),
  ];
}

/** Events that belong to no request, what lies across the edge, and the total of events. */
function eventSteps(counts: LedgerCounts): Step[] {
  const { events } = counts;
  return [
    delta({
      id: 'lost',
      label: lostLabel(counts),
      value: events.lost,
      about: 'Claim a call that telemetry lacks.',
      href: '/calls?show=lost',
    }),
    delta({
      id: 'suspect',
      label: 'Suspects',
      value: events.suspect,
      about: 'Our principal, but no call of ours.',
      href: '/calls?show=suspects',
    }),
    delta({
      id: 'stranger',
      label: 'Strangers',
      value: events.stranger,
      about: 'Other principals using the key.',
      href: '/calls?show=strangers',
    }),
    delta({
      id: 'other',
      label: 'Other operations',
      value: events.other,
      about: 'Describing or managing the key.',
      href: '/calls?show=other',
    }),
    delta({
      id: 'events-pending',
      label: 'Pending',
      value: events.pending,
      about: 'They may be of calls whose telemetry is still on its way.',
      href: '/calls?show=events',
    }),
    delta({
      id: 'edge',
      label: 'Across the window’s edge',
      value: counts.edgeEvents - counts.edgeAttempts,
      about: 'Request and event on two sides of the window’s edge.',
    }),
    delta({
      id: 'sums-only',
      label: 'Kept as sums only',
      value: (counts.sumsOnly?.events ?? 0) - (counts.sumsOnly?.attempts ?? 0),
      about: 'Past retention: events less requests whose fate can’t be told any more.',
    }),
    total({
      id: 'events',
      label: 'Audit events',
      value: eventsOf(counts),
      about: 'What the customer’s log shows for the key.',
    }),
  ];
}

/**
 * For one process, or without a log, the waterfall ends at requests: the log names principals, not processes. Without
 * metrics it begins with requests; without traces it ends with misses.
 */
function knownSteps(steps: readonly Step[], counts: LedgerCounts): Step[] {
  const at = (id: string) => steps.findIndex((step) => step.id === id);
  if (!counts.known.traces) {
    const misses = counts.outcomes.get('miss') ?? 0;
    const about = 'Lookups that asked the KMS.';
    return [
      ...steps.slice(0, at('extra-calls')),
      total({ id: 'misses', label: 'Misses', value: misses, about }),
    ];
  }
  const first = counts.known.metrics ? 0 : at('requests');
  const isCut = counts.ofProcess || !counts.known.log;
  return steps.slice(first, isCut ? at('requests') + 1 : steps.length);
}

/** A delta's share is relative to the total before it, a total's to the messages. */
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

type Told = Omit<Step, 'kind' | 'evidence'>;

const stepOf = (kind: Step['kind'], told: Told): Step => ({
  ...told,
  kind,
  evidence: evidenceOf(told.id),
});

const total = (told: Told): Step => stepOf('total', told);

const delta = (told: Told): Step => stepOf('delta', told);
