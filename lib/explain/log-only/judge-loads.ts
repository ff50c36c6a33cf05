/** Why each Decrypt of a stream was asked for, as far as what came before it tells. */
import type { History } from './history.ts';
import { type Judged, unknown } from './judged.ts';
import { lostCaches } from './lost-caches.ts';
import type { Edge } from './lower-edge.ts';
import type { Stream } from './streams.ts';

export interface LoadFacts {
  stream: Stream;
  history: History;
  /** The TTL; null where the log does not show it. */
  edge: Edge | null;
  /** Age at which a scope's key is replaced; null where it is not seen to be. */
  lifetimeMs: number | null;
  /** When the log begins, of whichever stream. */
  logFrom: number;
  /** Whether each context stands for one data key, as far as its makings show. */
  oneKeyEach: boolean;
  /** The scope of each context, and by scope who made keys when. */
  scopes: Int32Array;
}

/** Log times are whole seconds: a lease that ends at the TTL may read a second short. */
export const graceMs = 2_500;
const adoptedMs = 10_000;
const coldMs = 10 * 60_000;
const dayMs = 86_400_000;
/** A context that is asked for again this soon, throughout, is no key that is cached. */
const soonMs = 20_000;

export function judgeLoads(facts: LoadFacts): (index: number) => Judged {
  const { stream, history, edge, logFrom } = facts;
  const starts = startsOf(facts);
  const lost = lostCaches(facts);
  const bursts = burstsOf(facts);
  const early = earlyOf(history, edge);
  const ttlMs = edge?.ms ?? null;
  return (index) => {
    const { uses, contexts, processes } = stream;
    const at = uses[index]?.at ?? 0;
    const context = contexts[index] ?? -1;
    const process = processes[index] ?? 0;
    if (context === -1) return unknown;
    const own = history.before[index] ?? -1;
    if (edge === null && early)
      return facts.oneKeyEach
        ? { cause: 'uncached', rule: 'one key, asked for each use' }
        : unknown;
    if (own === -1) return first();
    if (ttlMs === null) return lost(index);
    const waited = at - (uses[own]?.at ?? 0) + graceMs;
    if (waited - graceMs >= 2 * ttlMs)
      return { cause: 'load.reopened', rule: 'asked again long after the TTL' };
    if (waited >= ttlMs) return { cause: 'load.expired', rule: 'asked again after the TTL' };
    return lost(index);

    function first(): Judged {
      const madeAt = madeBy(facts, context);
      const before = history.beforeAny[index] ?? -1;
      const since = before === -1 ? null : at - (uses[before]?.at ?? 0);
      if (adopted(facts, index))
        return { cause: 'dek.adopted', rule: 'another one’s key, just made' };
      const held = Math.max(ttlMs ?? 0, coldMs);
      const start = starts[process] ?? { at: 0, burst: false, known: false };
      const sinceStart = at - start.at;
      const heldByOther = since !== null && since < (ttlMs ?? coldMs);
      const old = madeAt !== null && at - madeAt >= (facts.lifetimeMs ?? dayMs) && !heldByOther;
      const inLog = madeAt !== null && madeAt >= logFrom;
      // An archive that is opened is old keys at once; one key alone may have been held all along.
      if (old && inLog) return { cause: 'load.first.historical', rule: 'first seen, an old key' };
      if (old && (start.known || at - logFrom >= held || bursts(index)))
        return { cause: 'load.first.historical', rule: 'first seen, a key from before the log' };
      const aged = madeAt !== null && at - madeAt >= (ttlMs ?? dayMs) && !heldByOther;
      if (aged && bursts(index))
        return { cause: 'load.first.historical', rule: 'first seen, one of many at once' };
      if (start.known && sinceStart < held)
        return { cause: 'load.first.cold-start', rule: 'first seen in a new process' };
      if (start.burst && sinceStart < held && madeAt === null)
        return { cause: 'load.first.cold-start', rule: 'first seen in a burst at the beginning' };
      // What a process held before the log begins is not known.
      if (!start.known && !inLog) return unknown;
      if (heldByOther)
        return {
          cause: 'load.first.fan-out',
          rule: 'first seen in this process, others hold it',
        };
      return { cause: 'load.first', rule: 'first seen' };
    }
  };
}

/** Whether contexts are asked for again within seconds as a rule, so that no cache shows. */
function earlyOf({ waitsMs }: History, edge: Edge | null): boolean {
  if (edge !== null || waitsMs.length < 5) return false;
  const soon = waitsMs.filter((wait) => wait < soonMs).length;
  return soon >= 0.05 * waitsMs.length;
}

function madeBy({ stream, history }: LoadFacts, context: number): number | null {
  const [first] = history.makings[context] ?? [];
  return first === undefined
    ? timeInId(stream.values[context] ?? [])
    : (stream.uses[first]?.at ?? null);
}

const idTimeFrom = Date.UTC(2006, 0, 1);
const idTimeTo = Date.UTC(2100, 0, 1);

/** The instant that an id of 32 hex digits begins with, as ours and UUIDs of version 7 do. */
export function timeInId(context: readonly (readonly [string, string])[]): number | null {
  for (const [, value] of context) {
    const hex = value.replaceAll('-', '');
    if (!/^[0-9a-f]{32}$/i.test(hex)) continue;
    const at = Number.parseInt(hex.slice(0, 12), 16);
    if (at > idTimeFrom && at < idTimeTo) return at;
  }
  return null;
}

/** The process made a key of the same scope itself a moment ago, and now loads another one's. */
function adopted({ stream, history, scopes }: LoadFacts, index: number): boolean {
  const { uses, contexts, processes } = stream;
  const at = uses[index]?.at ?? 0;
  const context = contexts[index] ?? -1;
  const madeHere = history.makings[context] ?? [];
  const [made] = madeHere;
  if (made === undefined || processes[made] === processes[index]) return false;
  if (at - (uses[made]?.at ?? 0) > adoptedMs) return false;
  for (let other = index - 1; other >= 0 && at - (uses[other]?.at ?? 0) <= adoptedMs; other--) {
    const otherContext = contexts[other] ?? -1;
    if (otherContext === -1 || otherContext === context) continue;
    const sameScope = scopes[otherContext] === scopes[context];
    const isMaking = (history.makings[otherContext] ?? []).includes(other);
    if (sameScope && isMaking && processes[other] === processes[index]) return true;
  }
  return false;
}

const burstMs = 60_000;
const burstMin = 8;

/** Whether a first load is one of many by its process within a minute. */
function burstsOf({ stream, history }: LoadFacts): (index: number) => boolean {
  const firsts = Map.groupBy(
    [...stream.uses.keys()].filter((index) => (history.before[index] ?? -1) === -1),
    (index) => stream.processes[index] ?? 0,
  );
  const found = new Set<number>();
  for (const own of firsts.values())
    for (const [no, index] of own.entries()) {
      const last = own[no + burstMin - 1];
      const at = stream.uses[index]?.at ?? 0;
      if (last === undefined || (stream.uses[last]?.at ?? 0) - at > burstMs) continue;
      for (const one of own.slice(no, no + burstMin)) found.add(one);
    }
  return (index) => found.has(index);
}

interface Start {
  at: number;
  /** Many keys were loaded at once then, as by an empty cache. */
  burst: boolean;
  /** The log was being written before it began. */
  known: boolean;
}

/** When each process is first seen, and whether with an empty cache. */
function startsOf({ stream, history, edge, logFrom }: LoadFacts): Start[] {
  const byProcess = Map.groupBy(stream.uses.keys(), (index) => stream.processes[index] ?? 0);
  const ttlMs = edge?.ms ?? coldMs;
  return stream.processNames.map((_, process) => {
    const own = byProcess.get(process) ?? [];
    const at = stream.uses[own[0] ?? 0]?.at ?? 0;
    const known = at - logFrom > Math.max(ttlMs, coldMs);
    const firsts = own.filter(
      (index) => (history.before[index] ?? -1) === -1 && (stream.uses[index]?.at ?? 0) - at < ttlMs,
    );
    const soon = firsts.filter((index) => (stream.uses[index]?.at ?? 0) - at < ttlMs / 10);
    return { at, burst: firsts.length >= 10 && soon.length >= 0.5 * firsts.length, known };
  });
}
