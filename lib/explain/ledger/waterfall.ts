import type { WaterfallStep } from '../../shared/dto.ts';
import { lostLabel } from './ledger.ts';
import { eventsOf, type LedgerCounts } from './ledger-counts.ts';
import { type TermId, term } from './terms.ts';

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
    total('messages', counts.messages),
    delta('operations-per-message', counts.operations - counts.messages),
    total('operations', counts.operations),
    delta('hits', -n('hit')),
    delta('coalesced', -n('coalesced')),
    delta('refused', -refused),
  ];
}

function requestSteps(counts: LedgerCounts): Step[] {
  const { untold, calls, attempts, callsLost, retries, neverSent } = counts;
  const misses = counts.outcomes.get('miss') ?? 0;
  return [
    delta('extra-calls', calls + callsLost - untold.calls - misses),
    delta('calls-lost', -callsLost),
    delta('untold', untold.calls + untold.attempts),
    delta('retries', retries),
    delta('never-sent', -neverSent),
    delta('unbalanced', attempts - (calls + retries - neverSent) - untold.attempts),
    total('requests', attempts),
  ];
}

/** From requests to the events that the log has of them, what lies across the edge, and the total of events. */
function logSteps(counts: LedgerCounts): Step[] {
  const { events, sumsOnly } = counts;
  const neverLogged = [...counts.neverLogged.values()].reduce((sum, count) => sum + count, 0);
  return [
    delta('pending', -counts.pending),
    delta('never-logged', -neverLogged),
    delta('unexplained', -counts.unexplained),
    delta('lost', events.lost, { label: lostLabel(counts) }),
    delta('suspect', events.suspect),
    delta('stranger', events.stranger),
    delta('other', events.other),
    delta('events-pending', events.pending),
    delta('edge', counts.edgeEvents - counts.edgeAttempts),
    delta('sums-only', (sumsOnly?.events ?? 0) - (sumsOnly?.attempts ?? 0), {
      about: 'Past retention: events less requests whose fate can’t be told any more.',
    }),
    total('events', eventsOf(counts)),
  ];
}

/**
 * For one process, or without a log, the waterfall ends at requests: the log names principals, not processes. Without
 * metrics it begins with requests; without traces it ends with misses.
 */
function knownSteps(steps: readonly Step[], counts: LedgerCounts): Step[] {
  const at = (id: TermId) => steps.findIndex((step) => step.id === id);
  if (!counts.known.traces) {
    const misses = counts.outcomes.get('miss') ?? 0;
    return [...steps.slice(0, at('extra-calls')), total('misses', misses)];
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

const stepOf =
  (kind: Step['kind']) =>
  (...of: Parameters<typeof term>): Step => ({ ...term(...of), kind });
const total = stepOf('total');
const delta = stepOf('delta');
