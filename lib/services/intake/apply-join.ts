import { type EventVerdict, type JoinEvent, joinEvents } from '../../correlate/join.ts';
import { actionOf } from '../../domain/kms-operations.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import {
  type AttemptCandidate,
  type CallNumber,
  type EventCandidate,
  readAttemptCandidates,
  readCallCandidates,
  readEventCandidates,
} from '../../store/read-join-candidates.ts';
import { readPrincipals } from '../../store/read-principals.ts';
import type { Touch } from '../../store/refresh-rollups.ts';
import type { Tx } from '../../store/transaction.ts';
import { type AttemptChange, type EventChange, writeJoin } from '../../store/write-join.ts';
import { type AssignPlace, assignRest } from './assign-rest.ts';

/** What has just come in and may join with what is stored. */
export interface Arrived {
  eventIds: string[];
  requestIds: string[];
  sharedEventIds: string[];
  calls: CallNumber[];
}

/** What the join changed, for the roll-ups. */
export interface JoinTouched {
  attempts: Touch[];
  events: Touch[];
}

/**
 * Joins what arrived with everything that shares its request id, shared event id or claimed number, in whatever order
 * they came; joins the rest by time; writes the difference.
 */
export async function applyJoin(tx: Tx, arrived: Arrived): Promise<JoinTouched> {
  const first = await readEventCandidates(tx, arrived);
  const requestIds = union(
    arrived.requestIds,
    first.map((event) => event.requestId),
  );
  const calls = unionCalls(arrived.calls, first.flatMap(claimedCall));
  const attempts = await readAttemptCandidates(tx, { requestIds, calls });
  const allCalls = unionCalls(calls, attempts);
  const rivals = await readEventCandidates(tx, {
    eventIds: first.map((event) => event.eventId),
    requestIds: union(
      requestIds,
      attempts.map((attempt) => attempt.requestId),
    ),
    sharedEventIds: union(
      [],
      first.map((event) => event.sharedEventId),
    ),
    calls: allCalls,
  });
  const known = await readCallCandidates(tx, allCalls);
  const candidates = new Map(rivals.map((event) => [event.eventId, event]));
  const verdicts = joinEvents({ attempts, calls: known, events: rivals.map(joinEventOf) });
  const events = verdicts.flatMap((verdict) =>
    eventChange(verdict, candidates.get(verdict.event.eventId)),
  );
  const changed = attemptChanges(attempts, verdicts);
  const before = await readPrincipals(tx);
  await writeJoin(tx, { events, attempts: changed });
  const places = [...openAttempts(attempts, verdicts), ...openEvents(verdicts, candidates)];
  const rest = await assignRest(tx, { places, before });
  return {
    attempts: [...changed, ...rest.attempts].map(({ at, process }) => ({ at, by: process })),
    events: [
      ...events.flatMap(({ at, eventId }) => {
        const principal = candidates.get(eventId)?.principal;
        return principal === undefined ? [] : [{ at, by: principal }];
      }),
      ...rest.events.map(({ at, principal }) => ({ at, by: principal })),
    ],
  };
}

/** Attempts that only time can join, and those that time had joined before an id or a claim did. */
function openAttempts(
  attempts: readonly AttemptCandidate[],
  verdicts: readonly EventVerdict<AttemptCandidate>[],
): AssignPlace[] {
  const matched = new Set(verdicts.map(({ attempt }) => attempt));
  return attempts.flatMap((found) => {
    const open = found.joinMethod === 'assignment' || (found.sent && !matched.has(found));
    return open ? [{ key: found.key, action: actionOf(found.operation), at: found.at }] : [];
  });
}

/** The same of events. */
function openEvents(
  verdicts: readonly EventVerdict[],
  candidates: ReadonlyMap<string, EventCandidate>,
): AssignPlace[] {
  return verdicts.flatMap(({ event, state }) => {
    const { key, action, at } = event;
    const open =
      state === 'unclaimed' || candidates.get(event.eventId)?.joinMethod === 'assignment';
    return open && key !== null ? [{ key, action, at }] : [];
  });
}

function joinEventOf(event: EventCandidate): JoinEvent {
  const { claimProcess, claimBoot, claimSeq, claimAttempt } = event;
  const claimed =
    claimProcess !== null && claimBoot !== null && claimSeq !== null && claimAttempt !== null;
  return {
    ...event,
    claim: claimed
      ? { process: claimProcess, boot: claimBoot, seq: claimSeq, attempt: claimAttempt }
      : null,
  };
}

function claimedCall(event: EventCandidate): CallNumber[] {
  const { claimProcess: process, claimBoot: boot, claimSeq: seq } = event;
  return process !== null && boot !== null && seq !== null ? [{ process, boot, seq }] : [];
}

/** So long after an attempt, whoever reads the log can have copied its claim. */
const copiedMs = 1_000;

/**
 * Whether a match shows its caller to be ours: by the server's id. A claim alone does not, for anybody can copy one;
 * where there are no ids of the server's, one that was told while its attempt was under way was in nobody's log yet.
 */
function proves(
  event: EventCandidate | undefined,
  { sentAt, endedAt }: Pick<AttemptCandidate, 'sentAt' | 'endedAt'>,
  method: EventVerdict['method'],
): boolean {
  if (method === 'request-id') return true;
  if (event === undefined || event.provider === 'aws' || event.requestId !== null) return false;
  return event.at >= sentAt - copiedMs && event.at <= endedAt + copiedMs;
}

function eventChange(
  { event, state, attempt, method }: EventVerdict<AttemptCandidate>,
  before: EventCandidate | undefined,
): EventChange[] {
  // A pair joined by time stays so: only an id or a claim overrules it here.
  if (state === 'unclaimed' && before?.joinMethod === 'assignment') return [];
  const same =
    before?.state === state &&
    before.joinMethod === method &&
    before.attemptProcess === (attempt?.process ?? null) &&
    before.attemptBoot === (attempt?.boot ?? null) &&
    before.attemptSeq === (attempt?.seq ?? null) &&
    before.attemptNo === (attempt?.attempt ?? null);
  if (same) return [];
  return [
    {
      eventId: event.eventId,
      at: event.at,
      state,
      process: attempt?.process ?? null,
      boot: attempt?.boot ?? null,
      seq: attempt?.seq ?? null,
      attempt: attempt?.attempt ?? null,
      attemptAt: attempt?.at ?? null,
      method,
      confidence: null,
      proves: attempt !== null && proves(before, attempt, method),
    },
  ];
}

function attemptChanges(
  attempts: readonly AttemptCandidate[],
  verdicts: readonly EventVerdict<AttemptCandidate>[],
): AttemptChange[] {
  const matched = new Map(
    verdicts.flatMap((verdict) => (verdict.attempt ? [[verdict.attempt, verdict]] : [])),
  );
  return attempts.flatMap((attempt) => {
    const verdict = matched.get(attempt);
    const eventId = verdict?.event.eventId ?? null;
    const method = verdict?.method ?? null;
    if (attempt.eventId === eventId && attempt.joinMethod === method) return [];
    if (verdict === undefined && attempt.joinMethod === 'assignment') return [];
    const { process, boot, seq, attempt: number, at } = attempt;
    return [
      {
        process,
        boot,
        seq,
        attempt: number,
        at,
        eventId,
        eventAt: verdict?.event.at ?? null,
        method,
      },
    ];
  });
}

function union(known: readonly string[], found: readonly (string | null)[]): string[] {
  return [...new Set([...known, ...found.flatMap((id) => id ?? [])])];
}

function unionCalls(...lists: readonly (readonly CallNumber[])[]): CallNumber[] {
  const all = new Map<string, CallNumber>();
  for (const { process, boot, seq } of lists.flat())
    all.set(tupleKey(process, boot, seq), { process, boot, seq });
  return [...all.values()];
}
