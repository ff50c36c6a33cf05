import { actionOf } from '../../domain/kms-operations.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../../store/connection/transaction.ts';
import { touchAllDays } from '../../store/detection/detection-days.ts';
import type {
  AttemptCandidate,
  AttemptPlace,
  EventCandidate,
} from '../../store/join/candidates.ts';
import { keepPrincipals, type SeenPrincipal } from '../../store/join/keep-principals.ts';
import { type NamedEvent, nameEvents } from '../../store/join/name-events.ts';
import { type JoinChanges, writeJoin } from '../../store/join/write-join.ts';
import { addNamedCallers } from '../../store/rollups/key-callers.ts';
import { type PrincipalRow, readPrincipals } from '../../store/views/read-principals.ts';
import { type AssignPlace, assignRest } from './assign-rest.ts';
import { countsOfJoin, type JoinCounts, type JoinFates } from './join-changes.ts';
import { furtherKeys, type JudgedRows, type Verdict } from './judge.ts';

/**
 * Writes what the judgement changes of what was stored before, and the pairs; joins by time what no id and no claim
 * joins. To be called once what arrived is stored, new events with the states that they were judged to have. Resolves
 * to what that changes in the roll-ups, new events counted whole.
 */
export async function applyJoin(tx: Tx, judged: JudgedRows): Promise<JoinCounts> {
  const { verdicts, attempts } = judged;
  const { changes, named, fates } = changesOf(judged);
  const places = [...openAttempts(attempts, verdicts), ...openEvents(verdicts)];
  if (verdicts.length + places.length === 0) return countsOfJoin(fates);
  const before = await readPrincipals(tx);
  const seen = principalsOf(verdicts);
  await keepPrincipals(tx, seen);
  const aliases = await writeJoin(tx, changes);
  await addNamedCallers(tx, await nameEvents(tx, named));
  const known = seen.length === 0 ? before : await readPrincipals(tx);
  const { fates: rest, principals } = await assignRest(tx, { places, aliases, before, known });
  if (!sameOurs(before, principals)) await touchAllDays(tx);
  return countsOfJoin({
    attempts: [...fates.attempts, ...rest.attempts],
    events: [...fates.events, ...rest.events],
  });
}

function changesOf({ verdicts, attempts }: JudgedRows): {
  changes: JoinChanges;
  named: NamedEvent[];
  fates: JoinFates;
} {
  const changes: JoinChanges = { states: [], unpaired: [], paired: [] };
  const fates: JoinFates = { attempts: [], events: [] };
  const verdictOf = new Map(
    verdicts.flatMap((verdict) => (verdict.attempt ? [[verdict.attempt, verdict]] : [])),
  );
  const named: NamedEvent[] = [];
  const lost = new Set<string>();
  for (const verdict of verdicts.filter(isChanged)) {
    const { event, state, attempt } = verdict;
    fates.events.push({ row: event, state, otherKeys: furtherKeys(verdict) });
    if (event.state !== null && isNamedAnew(verdict)) {
      const [[was = null], [now = null]] = [event.otherKeys, furtherKeys(verdict)];
      named.push({ ...event, was, now });
    }
    if (event.state !== null && event.state !== state) changes.states.push({ event, state });
    if (event.pair !== null && (attempt === null || placeKey(event.pair) !== placeKey(attempt)))
      lost.add(placeKey(event.pair));
  }
  for (const attempt of attempts) {
    const { pair } = attempt;
    const verdict = verdictOf.get(attempt);
    const method = verdict?.method ?? null;
    // What time has joined is left to it: only an id or a claim overrules it here.
    const keeps = pair?.method === 'assignment' && !lost.has(placeKey(attempt));
    if (method === null ? pair === null || keeps : isPair(verdict, attempt)) continue;
    fates.attempts.push({ row: attempt, method });
    if (pair !== null) changes.unpaired.push({ attempt, eventKey: pair.eventKey });
    if (verdict !== undefined && method !== null)
      changes.paired.push({ attempt, event: verdict.event, method, confidence: null });
  }
  return { changes, named, fates };
}

const isPair = (verdict: Verdict | undefined, { pair }: AttemptCandidate): boolean =>
  pair !== null && pair.eventId === verdict?.event.eventId && pair.method === verdict.method;

/** Whether an event is new or is judged otherwise than before; what time has joined is left to it here, too. */
function isChanged(verdict: Verdict): boolean {
  const { event, state, attempt, method } = verdict;
  if (state === 'unclaimed' && event.pair?.method === 'assignment') return false;
  return (
    event.state !== state ||
    isNamedAnew(verdict) ||
    (event.pair?.method ?? null) !== method ||
    (event.pair && placeKey(event.pair)) !== (attempt && placeKey(attempt))
  );
}

/** Whether an event that names no key is of another one than before: of its attempt's, or of none. */
const isNamedAnew = (verdict: Verdict): boolean =>
  verdict.event.key === null && furtherKeys(verdict)[0] !== verdict.event.otherKeys[0];

const placeKey = ({ key, at, process, boot, seq, attempt }: AttemptPlace): string =>
  tupleKey(key, at, process, boot, seq, attempt);

/** So long after an attempt, whoever reads the log can have copied its claim. */
const copiedMs = 1_000;

/**
 * Whether a match shows its caller to be ours: by the server's id. A claim alone does not, for anybody can copy one;
 * where there are no ids of the server's, one that was told while its attempt was under way was in nobody's log yet.
 */
function proves(
  event: EventCandidate,
  { sentAt, endedAt }: Pick<AttemptCandidate, 'sentAt' | 'endedAt'>,
  method: Verdict['method'],
): boolean {
  if (method === 'request-id') return true;
  if (event.provider === 'aws' || event.requestId !== null) return false;
  return event.at >= sentAt - copiedMs && event.at <= endedAt + copiedMs;
}

function principalsOf(verdicts: readonly Verdict[]): SeenPrincipal[] {
  const seen = new Map<string, SeenPrincipal[]>();
  for (const { event, attempt, method } of verdicts.filter(isChanged)) {
    const { provider, principal: id, principalName: name, at } = event;
    const ours = attempt !== null && proves(event, attempt, method);
    const one = { provider, id, name, ours, claims: ours && event.claim !== null, at };
    const ofId = seen.get(id);
    const known = ofId?.find((other) => isAlike(one, other));
    if (known !== undefined) known.at = Math.min(at, known.at);
    else if (ofId !== undefined) ofId.push(one);
    else seen.set(id, [one]);
  }
  return [...seen.values()].flat();
}

const isAlike = (a: SeenPrincipal, b: SeenPrincipal): boolean =>
  a.provider === b.provider && a.name === b.name && a.ours === b.ours && a.claims === b.claims;

/** Whose events they are decides what a spike is made of, however long ago it was. */
function sameOurs(before: readonly PrincipalRow[], after: readonly PrincipalRow[]): boolean {
  const ours = (rows: readonly PrincipalRow[]) => rows.flatMap((row) => (row.ours ? [row.id] : []));
  const known = new Set(ours(before));
  const now = ours(after);
  return now.length === known.size && now.every((id) => known.has(id));
}

/** Attempts that only time can join, and those it had joined before an id or a claim did. */
function openAttempts(
  attempts: readonly AttemptCandidate[],
  verdicts: readonly Verdict[],
): AssignPlace[] {
  const matched = new Set(verdicts.map(({ attempt }) => attempt));
  return attempts.flatMap((found) => {
    const open = found.pair?.method === 'assignment' || (found.sent && !matched.has(found));
    return open ? [{ key: found.key, action: actionOf(found.operation), at: found.at }] : [];
  });
}

/** The same of events. */
function openEvents(verdicts: readonly Verdict[]): AssignPlace[] {
  return verdicts.flatMap(({ event, state }) => {
    const { key, action, at } = event;
    const open = state === 'unclaimed' || event.pair?.method === 'assignment';
    return open && key !== null ? [{ key, action, at }] : [];
  });
}
