import { assignByTime, toleranceMs } from '../../correlate/assign.ts';
import type { AttemptPlace, EventCandidate } from '../../store/join/candidates.ts';
import {
  type AssignableAttempt,
  readAssignableAttempts,
  readAssignableEvents,
  readAssignablePlaces,
} from '../../store/join/read-assignable.ts';
import { type JoinChanges, writeJoin } from '../../store/join/write-join.ts';
import { type PrincipalRow, readPrincipals } from '../../store/read-principals.ts';
import type { Tx } from '../../store/transaction.ts';
import type { JoinFates } from './join-changes.ts';

/** Where something has changed that time may join. */
export interface AssignPlace {
  key: string;
  operation: string;
  at: number;
}

/** No attempt takes longer, and none is this far from its event: what lies apart by more cannot be joined. */
const reachMs = 60_000;
const widenMax = 12;

/** Principals of ours whose events carry no claims; where they do, an event without one is suspect and stays so. */
const silent = (principals: readonly PrincipalRow[]): Set<string> =>
  new Set(principals.flatMap(({ id, ours, claims }) => (ours && !claims ? [id] : [])));

/**
 * Joins by time what no id and no claim joins, about the places that changed: each run of attempts and events that
 * could touch one another is assigned anew as a whole, so the answer does not depend on what came first. `before` are
 * the principals as they were known before this batch.
 */
export async function assignRest(
  tx: Tx,
  { places, before }: { places: readonly AssignPlace[]; before: readonly PrincipalRow[] },
): Promise<JoinFates> {
  const eligible = silent(await readPrincipals(tx));
  const known = silent(before);
  const turned = [...eligible, ...known].filter((id) => eligible.has(id) !== known.has(id));
  const more = turned.length === 0 ? [] : await readAssignablePlaces(tx, turned);
  const fates: JoinFates = { attempts: [], events: [] };
  const changes: JoinChanges = { states: [], unpaired: [], paired: [] };
  if (eligible.size + turned.length === 0) return fates;
  for (const span of spansOf([...places, ...more])) {
    const { attempts, events } = await closedRun(tx, span);
    const free = events.filter(({ principal }) => eligible.has(principal));
    changesOf(attempts, events, assignByTime(attempts, free), changes, fates);
  }
  await writeJoin(tx, changes);
  return fates;
}

type Span = AssignPlace & { from: number; to: number };

function spansOf(places: readonly AssignPlace[]): Span[] {
  const spans: Span[] = [];
  const sorted = [...places].sort(
    (a, b) => order(a.key, b.key) || order(a.operation, b.operation) || a.at - b.at,
  );
  for (const { key, operation, at } of sorted) {
    const last = spans.at(-1);
    if (last?.key === key && last.operation === operation && at - last.to <= reachMs) last.to = at;
    else spans.push({ key, operation, at, from: at, to: at });
  }
  return spans;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Widens a span until nothing that could be joined lies within reach of its ends, or for an hour or so at most. */
async function closedRun(
  tx: Tx,
  { key, operation, from, to }: Span,
): Promise<{ attempts: AssignableAttempt[]; events: EventCandidate[] }> {
  let span = { key, operation, from: from - reachMs, to: to + reachMs };
  for (let round = 0; ; round += 1) {
    const attempts = await readAssignableAttempts(tx, span);
    const events = await readAssignableEvents(tx, span);
    const instants = [
      ...attempts.flatMap(({ at, endedAt }) => [at, endedAt + toleranceMs]),
      ...events.map(({ at }) => at),
    ];
    const first = instants.reduce((a, b) => Math.min(a, b), from);
    const last = instants.reduce((a, b) => Math.max(a, b), to);
    const wider = {
      key,
      operation,
      from: Math.min(span.from, first - reachMs),
      to: Math.max(span.to, last + reachMs),
    };
    if ((wider.from === span.from && wider.to === span.to) || round === widenMax)
      return { attempts, events };
    span = wider;
  }
}

type Pair = { attempt: AssignableAttempt; event: EventCandidate };

function changesOf(
  attempts: readonly AssignableAttempt[],
  events: readonly EventCandidate[],
  pairs: readonly Pair[],
  changes: JoinChanges,
  fates: JoinFates,
): void {
  const eventOf = new Map(pairs.map(({ attempt, event }) => [attempt, event]));
  const attemptOf = new Map(pairs.map(({ attempt, event }) => [event, attempt]));
  for (const attempt of attempts) {
    const event = eventOf.get(attempt);
    const { pair } = attempt;
    if ((event?.eventId ?? null) === (pair?.eventId ?? null)) continue;
    fates.attempts.push({ row: attempt, method: event === undefined ? null : 'assignment' });
    if (pair !== null) changes.unpaired.push({ attempt, eventKey: pair.eventKey });
    if (event !== undefined) changes.paired.push({ attempt, event, method: 'assignment' });
  }
  for (const event of events) {
    const attempt = attemptOf.get(event);
    if (isSame(attempt ?? null, event.pair)) continue;
    const state = attempt === undefined ? 'unclaimed' : 'matched';
    fates.events.push({ row: event, state });
    if (event.state !== state) changes.states.push({ event, state });
  }
}

const isSame = (a: AttemptPlace | null, b: AttemptPlace | null): boolean =>
  a?.process === b?.process &&
  a?.boot === b?.boot &&
  a?.seq === b?.seq &&
  a?.attempt === b?.attempt;
