import type { ComparedCount, Comparison } from '../../shared/dto.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { eventsOf, type LedgerCounts } from './ledger-counts.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

/**
 * The windows to compare a window with: the one before it and the same one a week ago. Where both are the same, it is
 * called the weekday's.
 */
export function comparedWindows({ from, to }: TimeWindow): Pick<Comparison, 'kind' | 'window'>[] {
  const lengthMs = to - from;
  // A window longer than a week is compared whole weeks back, so that weekdays match.
  const weeksMs = Math.ceil(lengthMs / weekMs) * weekMs;
  const back = (ms: number): TimeWindow => ({ from: from - ms, to: to - ms });
  const sameWeekday = { kind: 'same-weekday', window: back(weeksMs) } as const;
  return lengthMs === weeksMs
    ? [sameWeekday]
    : [{ kind: 'previous', window: back(lengthMs) }, sameWeekday];
}

/** Null for a count that only a missing signal could tell, and for suspects past retention. */
const compared: readonly [
  id: string,
  label: string,
  of: (counts: LedgerCounts) => number | null,
][] = [
  [
    'messages',
    'Messages',
    ({ known, messages }) => (known.metrics || messages > 0 ? messages : null),
  ],
  ['operations', 'DEK lookups', ({ known, operations }) => (known.metrics ? operations : null)],
  ['requests', 'KMS requests', ({ known, attempts }) => (known.traces ? attempts : null)],
  ['events', 'Audit events', (counts) => (counts.known.log ? eventsOf(counts) : null)],
  ['stranger', 'Strangers', ({ known, events }) => (known.log ? events.stranger : null)],
  [
    'suspect',
    'Suspects',
    ({ known, events, sumsOnly }) => (known.log && sumsOnly === null ? events.suspect : null),
  ],
];

/** A window can be compared if the data begin by then (epoch ms): within its first fiftieth. */
export const comparableFrom = ({ from, to }: TimeWindow): number => from + (to - from) / 50;

/** A log alone tells its events, and messages only where somebody counted them. */
const ofLog = new Set(['events', 'messages']);

/** The counts of this window beside those of another; null where the other is incomplete or empty. */
export function compareCounts(now: LedgerCounts, then: LedgerCounts | null): ComparedCount[] {
  const known =
    then !== null && then.messages + then.operations + then.attempts + eventsOf(then) > 0;
  const told = now.calls + now.operations > 0;
  const shown = told
    ? compared
    : compared.filter(([id]) => ofLog.has(id) && (id !== 'messages' || now.messages > 0));
  return shown.flatMap(([id, label, of]) => {
    const count = of(now);
    return count === null ? [] : [{ id, label, now: count, before: known ? of(then) : null }];
  });
}
