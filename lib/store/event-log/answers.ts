/** What is asked of a log beside its counts, as the reads of the database answer it. */
import { hash } from 'node:crypto';
import { foreignStates, useStates } from '../../domain/fates.ts';
import type { KeyFilter } from '../../domain/key-filter.ts';
import { isAside, type KmsAction } from '../../domain/kms-operations.ts';
import type { LogUse } from '../../domain/log-use.ts';
import type { UnmatchedUse } from '../../domain/window-facts.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { EventLog, HeldEvent, Subject } from './event-log.ts';

const ever = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

interface UsesQuery {
  from: number;
  to: number;
  filter: KeyFilter;
}

/** Uses of key material that fit a filter; of one key also what used it second. */
function* usesIn(log: EventLog, { filter, ...span }: UsesQuery): Generator<HeldEvent> {
  const { keys, workspace, principal } = filter;
  for (const event of log.within(span)) {
    const { caller, state, no } = event;
    if (!useStates.has(state)) continue;
    if (keys !== undefined && ![caller.key, ...caller.otherKeys].some(isOneOf(keys))) continue;
    if (principal !== undefined && caller.principal !== principal) continue;
    if (workspace !== undefined && log.subjectOf(no).workspace !== workspace) continue;
    yield event;
  }
}

const isOneOf = (keys: readonly string[]) => (key: string | null) =>
  key !== null && keys.includes(key);

export function countUses(log: EventLog, query: UsesQuery): number {
  let n = 0;
  for (const _ of usesIn(log, query)) n += 1;
  return n;
}

export function readUses(
  log: EventLog,
  query: UsesQuery & { oneIn: number; usesMax: number },
): LogUse[] {
  const { filter, oneIn, usesMax } = query;
  const subjects = new Map<number, Subject>();
  const uses: LogUse[] = [];
  for (const { at, caller, no } of usesIn(log, query)) {
    const eventId = log.idOf(no);
    const subject = subjects.get(log.subjectNo(no)) ?? log.subjectOf(no);
    if (oneIn > 1 && !isSampled(subject, eventId, oneIn)) continue;
    subjects.set(log.subjectNo(no), subject);
    const { operation, principal, session, sourceIp, invokedBy, byHand } = caller;
    const { claimCause, errorCode } = caller;
    const { workspace, dekId: dek, context } = subject;
    uses.push({
      ...{ eventId, at, operation, principal, sourceIp, invokedBy, byHand },
      session: session ?? sourceIp,
      key: filter.keys?.[0] ?? caller.key,
      ...{ context, dek, workspace, claimCause, errorCode },
    });
  }
  return uses.slice(-usesMax);
}

/** As the database's `sampled` has it: by the DEK, else the context in the words of jsonb, else the event. */
function isSampled({ dekId, context }: Subject, eventId: string, oneIn: number): boolean {
  const pairs = (context ?? []).map(
    ([name, value]) => `[${JSON.stringify(name)}, ${JSON.stringify(value)}]`,
  );
  const text = dekId ?? (pairs.length === 0 ? eventId : `[${pairs.join(', ')}]`);
  return Number.parseInt(hash('md5', text).slice(0, 7), 16) % oneIn === 0;
}

const groupsMax = 1_000;

export function unmatchedUses(log: EventLog, query: UsesQuery): UnmatchedUse[] {
  const groups = new Map<string, UnmatchedUse & { ips: Set<string>; by: Set<string> }>();
  for (const { at, caller, state } of usesIn(log, query)) {
    if (!foreignStates.has(state)) continue;
    const { principal, principalName, operation, sourceIp, invokedBy } = caller;
    const key = query.filter.keys?.[0] ?? caller.key ?? '';
    const id = tupleKey(principal, key, state, operation);
    const group = groups.get(id) ?? {
      ...{ principal, name: principalName, key, state, operation, events: 0 },
      ...{ firstAt: at, lastAt: at, sourceIps: [], addresses: 0, services: [] },
      ...{ ips: new Set<string>(), by: new Set<string>() },
    };
    groups.set(id, group);
    group.events += 1;
    group.lastAt = at;
    if (principalName < group.name) group.name = principalName;
    if (sourceIp !== null) group.ips.add(sourceIp);
    if (invokedBy !== null) group.by.add(invokedBy);
  }
  return [...groups.values()]
    .sort((a, b) => b.events - a.events)
    .slice(0, groupsMax)
    .map(({ ips, by, ...group }) => ({
      ...group,
      sourceIps: [...ips].sort().slice(0, 10),
      addresses: ips.size,
      services: [...by].sort().slice(0, 5),
    }));
}

/** When a log begins and ends, changes to itself aside; null where nothing else is in it. */
export function spanOf(log: EventLog): { from: number; to: number } | null {
  let first: number | null = null;
  let last = 0;
  for (const { at, caller } of log.within(ever)) {
    if (isAside(caller.action)) continue;
    first ??= at;
    last = at;
  }
  return first === null ? null : { from: first, to: last };
}

/** A log in memory was read from files, whole. */
export function sourcesOf(log: EventLog) {
  const span = spanOf(log);
  if (span === null) return [];
  const file = { id: 'files', kind: 'file', status: 'file', origin: 'file', place: null } as const;
  const polled = { message: null, cursorAt: null, polledAt: null, lagMs: null, paused: false };
  return [{ ...file, ...polled, coveredUntil: span.to, events: log.size, reading: null, gaps: [] }];
}

/** Nothing but telemetry shows which of them are ours. */
export function principalsOf(log: EventLog) {
  const names = new Map<string, string>();
  for (const { principal: id, principalName } of log.callers()) {
    const known = names.get(id) ?? principalName;
    names.set(id, principalName < known ? principalName : known);
  }
  return [...names].map(([id, name]) => ({ id, name, ours: false, claims: false }));
}

const disabling: ReadonlySet<KmsAction> = new Set(['disable', 'schedule']);
const enabling: ReadonlySet<KmsAction> = new Set(['enable', 'cancel']);
const stateActions: ReadonlySet<KmsAction> = new Set([
  ...(['create', 'destroy'] as const),
  ...disabling,
  ...enabling,
]);

export function revocationsIn(log: EventLog, query: UsesQuery & { most: number }) {
  const found: (ReturnType<typeof usesAfter> & { operation: string; key: string; at: number })[] =
    [];
  for (const { at, caller, state } of log.within(query)) {
    const { action, key, errorCode, operation } = caller;
    if (state !== 'other' || errorCode !== null || !disabling.has(action)) continue;
    if (key === null || !(query.filter.keys?.includes(key) ?? true)) continue;
    if (found.length === query.most) break;
    found.push({ operation, key, at, ...usesAfter(log, { key, at }) });
  }
  return found;
}

/** What the log shows of a key from then until it was made usable again. */
function usesAfter(
  log: EventLog,
  { key, at: from }: { key: string; at: number },
): { lastSuccessAt: number | null; firstDenialAt: number | null } {
  let lastSuccessAt: number | null = null;
  let firstDenialAt: number | null = null;
  for (const { at, caller, state } of log.within({ from: from + 1, to: ever.to })) {
    const { action, errorCode } = caller;
    if (caller.key === key && enabling.has(action) && errorCode === null) break;
    if (!useStates.has(state)) continue;
    if (caller.key !== key && !caller.otherKeys.includes(key)) continue;
    if (errorCode === null) lastSuccessAt = at;
    else firstDenialAt ??= at;
  }
  return { lastSuccessAt, firstDenialAt };
}

/** What made these keys or changed their state, oldest first. */
export function stateChangesIn(log: EventLog, keys: readonly string[]) {
  const asked = new Set<string | null>(keys);
  const found = [];
  for (const { at, caller, state, no } of log.within(ever)) {
    const { provider, operation, action, principalName: by, key, errorCode } = caller;
    if (state !== 'other' || errorCode !== null || !asked.has(key)) continue;
    if (!stateActions.has(action)) continue;
    const named = { key, ids: [], resolutionMs: 1 };
    found.push({ eventId: log.idOf(no), at, provider, operation, action, by, ...named });
  }
  return found;
}

export function lastOfTrail(
  log: EventLog,
  span: { from: number; to: number },
): { operation: string; at: number; by: string } | null {
  let last: { operation: string; at: number; by: string } | null = null;
  for (const { at, caller } of log.within(span)) {
    const { action, errorCode, operation, principalName: by } = caller;
    if (action === 'trail' && errorCode === null) last = { operation, at, by };
  }
  return last;
}

/** Until when each key is in the log of each account, as `readLogEnds` has it. */
export function logEndsIn(log: EventLog, span: { from: number; to: number }) {
  const ends = new Map<string, { key: string; account: string | null; until: number }>();
  for (const { at, caller } of log.within(span)) {
    const { key, recipientAccount: account } = caller;
    if (key !== null) ends.set(tupleKey(key, account), { key, account, until: at });
  }
  return [...ends.values()];
}
