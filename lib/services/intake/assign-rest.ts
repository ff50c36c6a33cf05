import { assignByTime, toleranceMs } from '../../correlate/assign.ts';
import {
  type AssignableAttempt,
  type AssignableEvent,
  readAssignableAttempts,
  readAssignableEvents,
  readAssignablePlaces,
} from '../../store/read-assignable.ts';
import { type PrincipalRow, readPrincipals } from '../../store/read-principals.ts';
import type { Tx } from '../../store/transaction.ts';
import { writeJoin } from '../../store/write-join.ts';
import type { JoinChanges } from './join-changes.ts';

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
): Promise<JoinChanges> {
  const eligible = silent(await readPrincipals(tx));
  const known = silent(before);
  const turned = [...eligible, ...known].filter((id) => eligible.has(id) !== known.has(id));
  const more = turned.length === 0 ? [] : await readAssignablePlaces(tx, turned);
  const changed: JoinChanges = { attempts: [], events: [] };
  if (eligible.size + turned.length === 0) return changed;
  for (const span of spansOf([...places, ...more])) {
    const { attempts, events } = await closedRun(tx, span);
    const free = events.filter(({ principal }) => eligible.has(principal));
    changesOf(attempts, events, assignByTime(attempts, free), changed);
  }
  await writeJoin(tx, {
    attempts: changed.attempts.map(({ change }) => change),
    events: changed.events.map(({ change }) => change),
  });
  return changed;
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
): Promise<{ attempts: AssignableAttempt[]; events: AssignableEvent[] }> {
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

function changesOf(
  attempts: readonly AssignableAttempt[],
  events: readonly AssignableEvent[],
  pairs: readonly { attempt: AssignableAttempt; event: AssignableEvent }[],
  changed: JoinChanges,
): void {
  const eventOf = new Map(pairs.map(({ attempt, event }) => [attempt, event]));
  const attemptOf = new Map(pairs.map(({ attempt, event }) => [event, attempt]));
  for (const row of attempts) {
    const event = eventOf.get(row);
    if ((event?.eventId ?? null) === row.eventId) continue;
    const { process, boot, seq, attempt, at } = row;
    const change = {
      ...{ process, boot, seq, attempt, at },
      eventId: event?.eventId ?? null,
      eventAt: event?.at ?? null,
      method: event === undefined ? null : 'assignment',
    };
    changed.attempts.push({ row, change });
  }
  for (const row of events) {
    const attempt = attemptOf.get(row);
    const same =
      (attempt?.process ?? null) === row.attemptProcess &&
      (attempt?.boot ?? null) === row.attemptBoot &&
      (attempt?.seq ?? null) === row.attemptSeq &&
      (attempt?.attempt ?? null) === row.attemptNo;
    if (same) continue;
    const { eventId, at } = row;
    const change = {
      ...{ eventId, at },
      state: attempt === undefined ? 'unclaimed' : 'matched',
      process: attempt?.process ?? null,
      boot: attempt?.boot ?? null,
      seq: attempt?.seq ?? null,
      attempt: attempt?.attempt ?? null,
      attemptAt: attempt?.at ?? null,
      method: attempt === undefined ? null : 'assignment',
    };
    changed.events.push({ row, change });
  }
}
