import { type EventVerdict, type JoinEvent, joinEvents } from '../../correlate/join.ts';
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
import type { Tx } from '../../store/transaction.ts';
import { writeJoin } from '../../store/write-join.ts';
import { type AssignPlace, assignRest } from './assign-rest.ts';
import { countsOfJoin, type JoinChanges, type JoinCounts } from './join-changes.ts';

/** What has just come in and may join with what is there. */
export interface Arrived {
  eventIds: string[];
  requestIds: string[];
  sharedEventIds: string[];
  calls: CallNumber[];
}

/**
 * Joins what arrived with everything that shares a request id, a shared event id or a claimed number with it, whatever
 * came first, and what is left by time; writes the difference. Resolves to what that changes in the roll-ups.
 */
export async function applyJoin(tx: Tx, arrived: Arrived): Promise<JoinCounts> {
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
  const candidates = new Map<JoinEvent, EventCandidate>(
    rivals.map((event) => [joinEventOf(event), event]),
  );
  const verdicts = joinEvents({ attempts, calls: known, events: [...candidates.keys()] });
  const events = verdicts.flatMap((verdict) => eventChange(verdict, candidates.get(verdict.event)));
  const changed = attemptChanges(attempts, verdicts);
  const before = await readPrincipals(tx);
  await writeJoin(tx, {
    events: events.map(({ change }) => change),
    attempts: changed.map(({ change }) => change),
  });
  const places = [...openAttempts(attempts, verdicts), ...openEvents(verdicts, candidates)];
  const rest = await assignRest(tx, { places, before });
  return countsOfJoin({
    attempts: [...changed, ...rest.attempts],
    events: [...events, ...rest.events],
  });
}

/** Attempts that only time can join, and those it had joined before an id or a claim did. */
function openAttempts(
  attempts: readonly AttemptCandidate[],
  verdicts: readonly EventVerdict[],
): AssignPlace[] {
  const matched = new Set(verdicts.map(({ attempt }) => attempt));
  return attempts.filter(
    (found) => found.joinMethod === 'assignment' || (found.sent && !matched.has(found)),
  );
}

/** The same of events. */
function openEvents(
  verdicts: readonly EventVerdict[],
  candidates: ReadonlyMap<JoinEvent, EventCandidate>,
): AssignPlace[] {
  return verdicts.flatMap(({ event, state }) => {
    const { key, operation, at } = event;
    const open = state === 'unclaimed' || candidates.get(event)?.joinMethod === 'assignment';
    return open && key !== null ? [{ key, operation, at }] : [];
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

function eventChange(
  { event, state, attempt, method }: EventVerdict,
  row: EventCandidate | undefined,
): JoinChanges['events'] {
  if (row === undefined) return [];
  // What time has joined is left to it: only an id or a claim overrules it here.
  if (state === 'unclaimed' && row.joinMethod === 'assignment') return [];
  const same =
    row.state === state &&
    row.joinMethod === method &&
    row.attemptProcess === (attempt?.process ?? null) &&
    row.attemptBoot === (attempt?.boot ?? null) &&
    row.attemptSeq === (attempt?.seq ?? null) &&
    row.attemptNo === (attempt?.attempt ?? null);
  if (same) return [];
  const change = {
    eventId: event.eventId,
    at: event.at,
    state,
    process: attempt?.process ?? null,
    boot: attempt?.boot ?? null,
    seq: attempt?.seq ?? null,
    attempt: attempt?.attempt ?? null,
    attemptAt: attempt?.at ?? null,
    method,
  };
  return [{ row, change }];
}

function attemptChanges(
  attempts: readonly AttemptCandidate[],
  verdicts: readonly EventVerdict[],
): JoinChanges['attempts'] {
  const matched = new Map(
    verdicts.flatMap((verdict) => (verdict.attempt ? [[verdict.attempt, verdict]] : [])),
  );
  return attempts.flatMap((row) => {
    const verdict = matched.get(row);
    const eventId = verdict?.event.eventId ?? null;
    const method = verdict?.method ?? null;
    if (row.eventId === eventId && row.joinMethod === method) return [];
    if (verdict === undefined && row.joinMethod === 'assignment') return [];
    const { process, boot, seq, attempt, at } = row;
    const eventAt = verdict?.event.at ?? null;
    return [{ row, change: { process, boot, seq, attempt, at, eventId, eventAt, method } }];
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
