import { assignByTime, type TimedPair, toleranceMs } from '../../correlate/assign.ts';
import { areOurs } from '../../correlate/skew.ts';
import type { KmsAction } from '../../domain/kms-operations.ts';
import { providerOfKey } from '../../shared/price-table.ts';
import {
  type AssignableAttempt,
  type AssignableEvent,
  readAssignableAttempts,
  readAssignableEvents,
  readAssignablePlaces,
  readSample,
  readSentAttempts,
} from '../../store/read-assignable.ts';
import { type PrincipalRow, readOurs, readPrincipals } from '../../store/read-principals.ts';
import type { Tx } from '../../store/transaction.ts';
import {
  type AttemptChange,
  type EventChange,
  markOurs,
  writeJoin,
} from '../../store/write-join.ts';

/** Places where something has changed that time may join. */
export interface AssignPlace {
  key: string;
  action: KmsAction;
  at: number;
}

export interface Assigned {
  attempts: AttemptChange[];
  events: (EventChange & { principal: string })[];
}

/** No attempt takes longer, and no event lies further from its attempt. */
const reachMs = 60_000;
const widenMax = 12;

/**
 * Our principals whose events carry no claims. Where a principal's events carry claims, an event without one is suspect
 * and stays so.
 */
const silent = (principals: readonly PrincipalRow[]): Set<string> =>
  new Set(principals.flatMap(({ id, ours, claims }) => (ours && !claims ? [id] : [])));

/**
 * Joins by time what no id and no claim joins, around the places that changed. Each run of attempts and events that
 * could touch is assigned anew as a whole, so that the order of arrival does not matter. `before` are the principals as
 * known before this batch.
 */
export async function assignRest(
  tx: Tx,
  { places, before }: { places: readonly AssignPlace[]; before: readonly PrincipalRow[] },
): Promise<Assigned> {
  await learnOurs(tx, places);
  const eligible = silent(await readPrincipals(tx));
  const known = silent(before);
  const turned = [...eligible, ...known].filter((id) => eligible.has(id) !== known.has(id));
  const more = turned.length === 0 ? [] : await readAssignablePlaces(tx, turned);
  const changed: Assigned = { attempts: [], events: [] };
  if (eligible.size + turned.length === 0) return changed;
  for (const span of spansOf([...places, ...more])) {
    const { attempts, events } = await closedRun(tx, span);
    const free = events.filter(({ principal }) => eligible.has(principal));
    changesOf(attempts, events, assignByTime(attempts, free), changed);
  }
  await writeJoin(tx, changed);
  return changed;
}

/** Callers at one place that are looked at: of strangers there are few. */
const unknownMax = 20;

/**
 * Google Cloud's logs have no ids of ours: where they have no claims either, whose events they are shows by their
 * times. What is known to be ours stays so.
 */
async function learnOurs(tx: Tx, places: readonly AssignPlace[]): Promise<void> {
  const known = await readOurs(tx);
  const found = new Set<string>();
  const idless = places.filter(({ key }) => providerOfKey(key) !== 'aws');
  for (const { key, action, from, to } of spansOf(idless)) {
    const reach = { key, action, from: from - reachMs, to: to + reachMs };
    const events = await readAssignableEvents(tx, reach);
    const unknown = new Set(
      events.flatMap(({ principal, requestId }) =>
        requestId !== null || known.has(principal) || found.has(principal) ? [] : [principal],
      ),
    );
    for (const principal of [...unknown].slice(0, unknownMax)) {
      const sample = await readSample(tx, { principal, key, action, to: reach.to });
      const first = sample.at(-1)?.at;
      if (first === undefined) continue;
      const around = { key, action, from: first - reachMs, to: reach.to };
      if (areOurs(await readSentAttempts(tx, around), sample)) found.add(principal);
    }
  }
  if (found.size > 0) await markOurs(tx, [...found]);
}

type Span = AssignPlace & { from: number; to: number };

function spansOf(places: readonly AssignPlace[]): Span[] {
  const spans: Span[] = [];
  const sorted = [...places].sort(
    (a, b) => order(a.key, b.key) || order(a.action, b.action) || a.at - b.at,
  );
  for (const { key, action, at } of sorted) {
    const last = spans.at(-1);
    if (last?.key === key && last.action === action && at - last.to <= reachMs) last.to = at;
    else spans.push({ key, action, at, from: at, to: at });
  }
  return spans;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Widens a span until nothing that could be joined lies within reach of its ends; by an hour or so at most. */
async function closedRun(
  tx: Tx,
  { key, action, from, to }: Span,
): Promise<{ attempts: AssignableAttempt[]; events: AssignableEvent[] }> {
  let span = { key, action, from: from - reachMs, to: to + reachMs };
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
      action,
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
  pairs: readonly TimedPair<AssignableAttempt, AssignableEvent>[],
  changed: Assigned,
): void {
  const eventOf = new Map(pairs.map(({ attempt, event }) => [attempt, event]));
  const pairOf = new Map(pairs.map((pair) => [pair.event, pair]));
  for (const found of attempts) {
    const event = eventOf.get(found);
    if ((event?.eventId ?? null) === found.eventId) continue;
    const { process, boot, seq, attempt, at } = found;
    changed.attempts.push({
      ...{ process, boot, seq, attempt, at },
      eventId: event?.eventId ?? null,
      eventAt: event?.at ?? null,
      method: event === undefined ? null : 'assignment',
    });
  }
  for (const event of events) {
    const pair = pairOf.get(event);
    const attempt = pair?.attempt;
    const same =
      (pair?.confidence ?? null) === event.confidence &&
      (attempt?.process ?? null) === event.attemptProcess &&
      (attempt?.boot ?? null) === event.attemptBoot &&
      (attempt?.seq ?? null) === event.attemptSeq &&
      (attempt?.attempt ?? null) === event.attemptNo;
    if (same) continue;
    const { eventId, at, principal } = event;
    changed.events.push({
      ...{ eventId, at, principal },
      state: attempt === undefined ? 'unclaimed' : 'matched',
      process: attempt?.process ?? null,
      boot: attempt?.boot ?? null,
      seq: attempt?.seq ?? null,
      attempt: attempt?.attempt ?? null,
      attemptAt: attempt?.at ?? null,
      method: attempt === undefined ? null : 'assignment',
      confidence: pair?.confidence ?? null,
      proves: false,
    });
  }
}
