import { assignByTime, type TimedPair, toleranceMs } from '../../correlate/assign.ts';
import { areOurs } from '../../correlate/skew.ts';
import type { KmsAction } from '../../domain/kms-operations.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../../store/connection/transaction.ts';
import type { AttemptPlace, EventCandidate } from '../../store/join/candidates.ts';
import { markOurs } from '../../store/join/keep-principals.ts';
import {
  type AssignableAttempt,
  type AssignableEvent,
  type AssignableSpan,
  hasAttempts,
  readAssignableAttempts,
  readAssignableEvents,
  readAssignablePlaces,
  readSample,
  readSentAttempts,
} from '../../store/join/read-assignable.ts';
import { type JoinChanges, writeJoin } from '../../store/join/write-join.ts';
import { allKeyNames, logNames } from '../../store/views/key-names.ts';
import { type PrincipalRow, readPrincipals } from '../../store/views/read-principals.ts';
import type { JoinFates } from './join-changes.ts';

/** Places where something has changed that time may join. */
export interface AssignPlace {
  key: string;
  action: KmsAction;
  at: number;
}

/** No attempt takes longer, and none is this far from its event: what lies apart by more cannot be joined. */
const reachMs = 60_000;
const widenMax = 12;

/**
 * Our principals whose events carry no claims. Where a principal's events carry claims, an event without one is suspect
 * and stays so.
 */
const silent = (principals: readonly PrincipalRow[]): Set<string> =>
  new Set(principals.flatMap(({ id, ours, claims }) => (ours && !claims ? [id] : [])));

/**
 * Joins by time what no id and no claim joins, around the places that changed; each run that could touch is assigned
 * anew as a whole, so that the order of arrival does not matter. `aliases` are newly known as a key's, `before` are the
 * principals as known before this batch, `known` since. Resolves to what it changes, and to the principals after it.
 */
export async function assignRest(
  tx: Tx,
  {
    places,
    aliases,
    before,
    known,
  }: {
    places: readonly AssignPlace[];
    aliases: readonly string[];
    before: readonly PrincipalRow[];
    known: readonly PrincipalRow[];
  },
): Promise<{ fates: JoinFates; principals: readonly PrincipalRow[] }> {
  const learnt = await learnOurs(tx, places, known);
  const principals = learnt ? await readPrincipals(tx) : known;
  const eligible = silent(principals);
  const were = silent(before);
  const turned = [...eligible, ...were].filter((id) => eligible.has(id) !== were.has(id));
  const fates: JoinFates = { attempts: [], events: [] };
  const isSilent = eligible.size + turned.length > 0;
  if (!isSilent || places.length + turned.length + aliases.length === 0)
    return { fates, principals };
  const more = await readAssignablePlaces(tx, 'principal', turned);
  const names = await allKeyNames(tx);
  const renamed = await readAssignablePlaces(tx, 'key', aliases.flatMap(names));
  const ownName = await logNames(tx);
  for (const span of spansOf([...places, ...more, ...renamed], names)) {
    const { attempts, events } = await closedRun(tx, span);
    const free = events.filter(({ principal }) => eligible.has(principal));
    const changes: JoinChanges = { states: [], unpaired: [], paired: [] };
    changesOf(attempts, events, pairsOf(attempts, free, ownName), changes, fates);
    // The next run may reach into this one: it must see what has changed.
    await writeJoin(tx, changes);
  }
  return { fates, principals };
}

/** Callers at one place that are looked at: of strangers there are few. */
const unknownMax = 20;

/**
 * Google Cloud's logs have no ids of ours, and others may be rid of them: where they have no claims either, whose
 * events they are shows by their times. What is known to be ours stays so. Resolves to whether any was found.
 */
async function learnOurs(
  tx: Tx,
  places: readonly AssignPlace[],
  principals: readonly PrincipalRow[],
): Promise<boolean> {
  // A log alone has nobody's attempts, and each of its events would be read again.
  if (places.length === 0 || !(await hasAttempts(tx))) return false;
  const found = new Set<string>();
  const known = new Set(principals.flatMap(({ id, ours }) => (ours ? [id] : [])));
  for (const { keys, action, from, to } of spansOf(places, (key) => [key])) {
    const reach = { keys, action, from: from - reachMs, to: to + reachMs };
    const events = await readAssignableEvents(tx, reach);
    const unknown = new Set(
      events.flatMap(({ principal, requestId }) =>
        requestId !== null || known.has(principal) || found.has(principal) ? [] : [principal],
      ),
    );
    for (const principal of [...unknown].slice(0, unknownMax)) {
      const sample = await readSample(tx, { principal, keys, action, to: reach.to });
      const first = sample.at(-1)?.at;
      if (first === undefined) continue;
      const around = { keys, action, from: first - reachMs, to: reach.to };
      if (areOurs(await readSentAttempts(tx, around), sample)) found.add(principal);
    }
  }
  if (found.size > 0) await markOurs(tx, [...found]);
  return found.size > 0;
}

/** Spans of a key and an action: of all its names, and of other keys that one of its aliases has stood for. */
function spansOf(
  places: readonly AssignPlace[],
  names: (key: string) => string[],
): AssignableSpan[] {
  const spans: AssignableSpan[] = [];
  const sorted = places
    .map(({ key, ...place }) => ({ ...place, keys: names(key).sort() }))
    .sort((a, b) => order(a.keys[0], b.keys[0]) || order(a.action, b.action) || a.at - b.at);
  for (const { keys, action, at } of sorted) {
    const last = spans.at(-1);
    if (last?.keys[0] === keys[0] && last?.action === action && at - last.to <= reachMs)
      last.to = at;
    else spans.push({ keys, action, from: at, to: at });
  }
  return spans;
}

const order = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Widens a span until nothing that could be joined lies within reach of its ends; by a quarter of an hour at most. What
 * is joined across such an end stays so: half of a pair would be left over.
 */
async function closedRun(
  tx: Tx,
  { keys, action, from, to }: AssignableSpan,
): Promise<{ attempts: AssignableAttempt[]; events: AssignableEvent[] }> {
  let span = { keys, action, from: from - reachMs, to: to + reachMs };
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
      keys,
      action,
      from: Math.min(span.from, first - reachMs),
      to: Math.max(span.to, last + reachMs),
    };
    if (wider.from === span.from && wider.to === span.to) return { attempts, events };
    if (round === widenMax) return wholePairs(attempts, events);
    span = wider;
  }
}

function wholePairs(
  attempts: readonly AssignableAttempt[],
  events: readonly AssignableEvent[],
): { attempts: AssignableAttempt[]; events: AssignableEvent[] } {
  const placeOf = ({ process, boot, seq, attempt }: AttemptPlace) =>
    tupleKey(process, boot, seq, attempt);
  const [read, logged] = [
    new Set(attempts.map(placeOf)),
    new Set(events.map(({ eventId }) => eventId)),
  ];
  return {
    attempts: attempts.filter(({ pair }) => pair === null || logged.has(pair.eventId)),
    events: events.filter(({ pair }) => pair === null || read.has(placeOf(pair))),
  };
}

/** Of each key alone: an alias that has stood for several is none of theirs. */
function pairsOf(
  attempts: readonly AssignableAttempt[],
  events: readonly AssignableEvent[],
  ownName: (key: string) => string,
): TimedPair<AssignableAttempt, AssignableEvent>[] {
  const eventsOf = Map.groupBy(events, ({ key }) => ownName(key ?? ''));
  return [...Map.groupBy(attempts, ({ key }) => ownName(key))].flatMap(([key, some]) =>
    assignByTime(some, eventsOf.get(key) ?? []),
  );
}

function changesOf(
  attempts: readonly AssignableAttempt[],
  events: readonly AssignableEvent[],
  pairs: readonly TimedPair<AssignableAttempt, AssignableEvent>[],
  changes: JoinChanges,
  fates: JoinFates,
): void {
  const pairOf = new Map(pairs.map((pair) => [pair.attempt, pair]));
  const attemptOf = new Map(pairs.map(({ attempt, event }) => [event, attempt]));
  for (const attempt of attempts) {
    const { pair: before } = attempt;
    const after = pairOf.get(attempt);
    const same = (after?.event.eventId ?? null) === (before?.eventId ?? null);
    if (same && (after?.confidence ?? null) === confidenceOf(events, before)) continue;
    if (!same) fates.attempts.push({ row: attempt, method: after ? 'assignment' : null });
    if (before !== null) changes.unpaired.push({ attempt, eventKey: before.eventKey });
    if (after !== undefined) changes.paired.push({ ...after, method: 'assignment' });
  }
  for (const event of events) {
    const attempt = attemptOf.get(event);
    if (isSame(attempt ?? null, event.pair)) continue;
    const state = attempt === undefined ? 'unclaimed' : 'matched';
    fates.events.push({ row: event, state, otherKeys: event.otherKeys });
    if (event.state !== state) changes.states.push({ event, state });
  }
}

const confidenceOf = (
  events: readonly EventCandidate[],
  pair: AssignableAttempt['pair'],
): number | null =>
  (pair && events.find(({ eventId }) => eventId === pair.eventId)?.pair?.confidence) ?? null;

const isSame = (a: AttemptPlace | null, b: AttemptPlace | null): boolean =>
  a?.process === b?.process &&
  a?.boot === b?.boot &&
  a?.seq === b?.seq &&
  a?.attempt === b?.attempt;
