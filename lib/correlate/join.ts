/**
 * Joins KMS attempts with audit events, one to one: by request id, then by claim. Pure; the order of arrival does not
 * matter. Nothing is matched by time here: lib/correlate/assign.ts does that afterwards.
 */
import type { ClaimPlace } from '../domain/audit-record.ts';
import type { EventState, ExactMethod } from '../domain/fates.ts';
import { isUse, type KmsAction } from '../domain/kms-operations.ts';
import { tupleKey } from '../shared/tuple-key.ts';

export interface JoinAttempt {
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  at: number;
  requestId: string | null;
}

export interface JoinEvent {
  eventId: string;
  at: number;
  action: KmsAction;
  key: string | null;
  recipientAccount: string | null;
  requestId: string | null;
  sharedEventId: string | null;
  claim: { process: string; boot: string; seq: number; attempt: number } | null;
  /** Where the claim stood. */
  claimIn: ClaimPlace | null;
}

export interface EventVerdict<
  A extends JoinAttempt = JoinAttempt,
  E extends JoinEvent = JoinEvent,
> {
  event: E;
  state: EventState;
  attempt: A | null;
  method: ExactMethod | null;
}

/** A call that telemetry has, with the number of attempts it says it made. */
export interface KnownCall {
  process: string;
  boot: string;
  seq: number;
  attempts: number;
}

const methods = { 'user-agent': 'claim', reason: 'reason', 'client-id': 'client-id' } as const;

/** One verdict for every event; an attempt is in at most one of them. */
export function joinEvents<A extends JoinAttempt, E extends JoinEvent>(input: {
  attempts: readonly A[];
  calls: readonly KnownCall[];
  events: readonly E[];
}): EventVerdict<A, E>[] {
  const events = [...input.events].sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1));
  const copies = copiesOf(events);
  const taken = new Set<A>();
  const verdicts = new Map<E, EventVerdict<A, E>>();
  const settle = (
    event: E,
    state: EventState,
    match?: Pick<EventVerdict<A>, 'attempt' | 'method'>,
  ) => {
    if (match?.attempt) taken.add(match.attempt);
    const { attempt = null, method = null } = match ?? {};
    verdicts.set(event, { event, state, attempt, method });
  };
  // Of several with one id or number the last one is kept below; sorting backwards makes that always the same.
  const numbered = input.attempts
    .map((attempt) => [attemptKey(attempt), attempt] as const)
    .sort(([keyA, a], [keyB, b]) => compare(keyB, keyA) || b.at - a.at);
  const byRequestId = new Map(
    numbered.flatMap(([, a]) => (a.requestId === null ? [] : [[a.requestId, a] as const])),
  );
  for (const event of events) {
    const attempt = event.requestId === null ? undefined : byRequestId.get(event.requestId);
    if (copies.has(event)) settle(event, 'copy');
    // What only prepares a use, as Azure's challenge does, may carry its id or claim, and is none.
    else if (!isUse(event.action)) settle(event, 'other');
    else if (attempt && !taken.has(attempt))
      settle(event, 'matched', { attempt, method: 'request-id' });
  }
  const byClaim = new Map(numbered);
  const calls = new Map(input.calls.map((call) => [callKey(call), call]));
  const filled = new Set<string>();
  for (const event of events) {
    if (verdicts.has(event)) continue;
    if (event.claim === null) {
      settle(event, 'unclaimed');
      continue;
    }
    const number = attemptKey(event.claim);
    const attempt = byClaim.get(number);
    // A claim counts only where one side never learnt the request id: two different ids are two requests.
    const free =
      attempt && !taken.has(attempt) && (attempt.requestId === null || event.requestId === null);
    const missing =
      attempt === undefined &&
      event.claim.attempt <= (calls.get(callKey(event.claim))?.attempts ?? Infinity);
    if (free) settle(event, 'matched', { attempt, method: methods[event.claimIn ?? 'user-agent'] });
    else if (missing && !filled.has(number)) settle(event, 'claim-new');
    else settle(event, 'claim-used');
    filled.add(number);
  }
  return events.flatMap((event) => verdicts.get(event) ?? []);
}

/**
 * All but one event of each shared id. The copy in the key owner's account stays, otherwise the one that sorts first.
 */
function copiesOf(events: readonly JoinEvent[]): Set<JoinEvent> {
  const kept = new Map<string, JoinEvent>();
  const copies = new Set<JoinEvent>();
  for (const event of events) {
    if (event.sharedEventId === null) continue;
    const other = kept.get(event.sharedEventId);
    if (other === undefined) {
      kept.set(event.sharedEventId, event);
    } else if (inOwnersLog(event) && !inOwnersLog(other)) {
      kept.set(event.sharedEventId, event);
      copies.add(other);
    } else {
      copies.add(event);
    }
  }
  return copies;
}

function inOwnersLog(event: JoinEvent): boolean {
  return event.recipientAccount !== null && event.key?.split(':')[4] === event.recipientAccount;
}

const callKey = (call: { process: string; boot: string; seq: number }) =>
  tupleKey(call.process, call.boot, call.seq);

const attemptKey = (of: { process: string; boot: string; seq: number; attempt: number }) =>
  tupleKey(of.process, of.boot, of.seq, of.attempt);

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
