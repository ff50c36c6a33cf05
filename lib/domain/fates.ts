/** What becomes of attempts and events, and what an attempt's fate is read from. Closed unions, each in one place. */

/** By the server's id of the request; by a claim in the user agent, in the reason, or as the client's own id. */
const exactMethods = ['request-id', 'claim', 'reason', 'client-id'] as const;
export type ExactMethod = (typeof exactMethods)[number];

/** How an attempt and its event were joined, surest first. */
export const joinMethods = [...exactMethods, 'assignment'] as const;
export type JoinMethod = (typeof joinMethods)[number];

/**
 * As the join leaves an event; `unmatched` is one that it has not seen yet.
 * - `matched`: an attempt of ours.
 * - `copy`: another account's copy of a request that is counted once, by its `sharedEventID`.
 * - `other`: not a use of the key's material.
 * - `claim-new`: claims a number that telemetry lacks; each number is filled once.
 * - `claim-used`: claims a number that another event or call already has.
 * - `unclaimed`: no claim.
 */
export const eventStates = [
  'unmatched',
  'matched',
  'copy',
  'other',
  'claim-new',
  'claim-used',
  'unclaimed',
] as const;
export type EventState = (typeof eventStates)[number];

/** Events that no call of ours explains, whoever made them. */
export const foreign: readonly EventState[] = ['unclaimed', 'claim-new', 'claim-used'];
export const foreignStates: ReadonlySet<string> = new Set(foreign);

/** Events that use the key's material. */
export const useStates: ReadonlySet<string> = new Set<EventState>(['matched', ...foreign]);

/** An attempt is joined, or never left, or has no event for the reason that its answer gives. */
export const attemptFates = ['matched', 'never-sent', 'unmatched'] as const;
export type AttemptFate = (typeof attemptFates)[number];

/** What a fate is read from. */
export interface FateFacts {
  sent: boolean;
  outcome: string;
  status: number | null;
  errorCode: string | null;
  /** Null where it is not joined. */
  joinMethod: string | null;
}

/** The fate of an attempt, and by what: the join's method, the error, or how it was answered. */
export function attemptFate(facts: FateFacts): { fate: AttemptFate; by: string } {
  const { sent, outcome, status, errorCode, joinMethod } = facts;
  if (joinMethod !== null) return { fate: 'matched', by: joinMethod };
  if (!sent) return { fate: 'never-sent', by: errorCode ?? outcome };
  if (outcome !== 'outage') return { fate: 'unmatched', by: outcome };
  if (status === null) return { fate: 'unmatched', by: 'no-answer' };
  return { fate: 'unmatched', by: status >= 500 ? 'server-error' : 'throttled' };
}
