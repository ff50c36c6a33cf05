import type { LedgerTerm } from '../../shared/dto.ts';

interface TermWords {
  label: string;
  about: string;
  /** The roll-ups behind it, as `measure` or `measure:label`. */
  evidence: string;
  /** The list of what it counts. */
  href?: string;
}

/** Every term of ledger and waterfall, once: lines and steps give counts to these. */
const terms = {
  messages: {
    label: 'Messages',
    about: 'Messages the service handled.',
    evidence: 'messages',
  },
  'operations-per-message': {
    label: 'Lookups beyond one a message',
    about: 'A message looks up the DEK that seals it and each DEK of the history it opens.',
    evidence: 'operations',
  },
  operations: {
    label: 'DEK lookups',
    about: 'Every time a data key was needed.',
    evidence: 'operations',
  },
  hits: {
    label: 'Cache hits',
    about: 'Lookups answered by a DEK in memory whose lease ran: no request.',
    evidence: 'operations:hit',
  },
  coalesced: {
    label: 'Coalesced',
    about: 'Lookups that waited for another one of the same DEK: no request of their own.',
    evidence: 'operations:coalesced',
  },
  misses: {
    label: 'Misses',
    about: 'Lookups that asked the KMS.',
    evidence: 'operations:miss',
  },
  refused: {
    label: 'Refused',
    about: 'Lookups refused without asking the KMS.',
    evidence: 'operations:denial,outage,waiters,aborted,closed,directory',
  },
  adopted: {
    label: 'Adopted',
    about: 'Lost a race to make a DEK and loaded the winner’s.',
    evidence: 'calls:dek.adopted',
    href: '/calls?cause=dek.adopted',
  },
  refreshes: {
    label: 'Refreshes',
    about: 'Re-validated ahead of time.',
    evidence: 'calls:refresh.ahead',
    href: '/calls?cause=refresh.ahead',
  },
  validations: {
    label: 'Validations',
    about: 'Calls made to validate the key.',
    evidence: 'calls:validate',
    href: '/calls?cause=validate',
  },
  'extra-calls': {
    label: 'Adopted, refreshed, validated',
    about: 'Calls that no lookup’s miss began.',
    evidence: 'calls:dek.adopted,refresh.ahead,validate',
  },
  'calls-lost': {
    label: 'Telemetry lost',
    about: 'Calls whose numbers their process’s telemetry skips.',
    evidence: 'missing',
  },
  untold: {
    label: 'Not in yet',
    about: 'The other half of their telemetry is still on its way.',
    evidence: 'calls',
  },
  calls: {
    label: 'KMS calls',
    about: 'Logical calls, each with one cause.',
    evidence: 'calls',
    href: '/calls',
  },
  retries: {
    label: 'Retries',
    about: 'Further attempts of one call.',
    evidence: 'retries',
  },
  'never-sent': {
    label: 'Never sent',
    about: 'Failed before they were sent: credentials, DNS, connection.',
    evidence: 'attempts:never-sent',
  },
  unbalanced: {
    label: 'Unaccounted',
    about: 'Requests without their call: telemetry is incomplete.',
    evidence: 'attempts',
  },
  requests: {
    label: 'KMS requests',
    about: 'Requests that were sent to the customer’s KMS.',
    evidence: 'attempts',
    href: '/calls',
  },
  matched: {
    label: 'Matched',
    about: 'Requests found in the audit log, one event each.',
    evidence: 'attempts:matched',
    href: '/calls?show=matched',
  },
  pending: {
    label: 'Pending',
    about: 'Younger than the log’s delivery lag.',
    evidence: 'attempts:unmatched',
    href: '/calls?show=pending',
  },
  'never-logged': {
    label: 'Never logged',
    about: 'The customer’s log does not show these.',
    evidence: 'attempts:unmatched',
    href: '/calls?show=never-logged',
  },
  unexplained: {
    label: 'Not in the log',
    about: 'Should be in the log and is not.',
    evidence: 'attempts:unmatched',
    href: '/calls?show=unmatched',
  },
  edge: {
    label: 'Across the edge',
    about: 'Request and event lie on two sides of the window’s edge.',
    evidence: 'attempts:matched',
  },
  lost: {
    label: 'Ours, telemetry lost',
    about: 'They claim a call that telemetry lacks.',
    evidence: 'events:claim-new',
    href: '/calls?show=lost',
  },
  suspect: {
    label: 'Suspects',
    about: 'Our principal, but no call of ours.',
    evidence: 'events:unclaimed,claim-used',
    href: '/calls?show=suspects',
  },
  stranger: {
    label: 'Strangers',
    about: 'Other principals using the key.',
    evidence: 'events:unclaimed,claim-new,claim-used',
    href: '/calls?show=strangers',
  },
  other: {
    label: 'Other operations',
    about: 'Describing or managing the key.',
    evidence: 'events:other',
    href: '/calls?show=other',
  },
  'events-pending': {
    label: 'Pending',
    about: 'They may be of calls whose telemetry is still on its way.',
    evidence: 'events:unclaimed,claim-new,claim-used',
    href: '/calls?show=events',
  },
  events: {
    label: 'Audit events',
    about: 'What the customer’s log shows for the key.',
    evidence: 'events',
  },
  'sums-only': {
    label: 'Kept as sums only',
    about: 'Past retention: what became of each of these can’t be told any more.',
    evidence: 'sums-only',
  },
} as const satisfies Record<string, TermWords>;

export type TermId = keyof typeof terms;

/** A term without its share. `as` says what is its own here. */
export const term = (
  id: TermId,
  value: number,
  as: Partial<TermWords & { id: string }> = {},
): Omit<LedgerTerm, 'share'> => ({ id, value, ...terms[id], ...as });
