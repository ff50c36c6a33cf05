/** The cause of each Decrypt of a stream, as far as what came before it tells. */
import { disturbedOf } from './disturbed.ts';
import type { History } from './history.ts';
import { type Judged, unknown } from './judged.ts';
import type { LoadFacts } from './load-facts.ts';
import { lostCaches } from './lost-caches.ts';
import { crowdedMin, type Edge, graceMs, isRound, soundWaitsMin } from './lower-edge.ts';
import { makersHold } from './makers-hold.ts';
import { renewedOf } from './renewed.ts';
import { roleOf } from './roles.ts';

const adoptedMs = 10_000;
/** Who makes a key much later had seen the other one's. */
const raceMs = 1_500;
const coldMs = 10 * 60_000;
const dayMs = 86_400_000;
/** Without a known TTL, a key that nobody loaded for this long is old data. */
const agedMs = 3_600_000;

export function judgeLoads(facts: LoadFacts): (index: number) => Judged {
  const { stream, history, edge } = facts;
  const starts = startsOf(facts);
  const lost = lostCaches(facts);
  const bursts = burstsOf(facts);
  const keptByMakers = makersHold(facts);
  const disturbed = disturbedOf(facts, (index) => lost(index) !== unknown);
  const renewed = renewedOf(facts);
  const ttlMs = edge?.ms ?? null;
  const known = { starts, bursts, ttlMs, heldMs: longestHeld(history, ttlMs) };
  return (index) => {
    const { uses, contexts } = stream;
    const use = uses[index];
    const context = contexts[index] ?? -1;
    if (use === undefined || context === -1) return unknown;
    if (facts.throughout !== null) return facts.throughout;
    const own = uses[history.before[index] ?? -1];
    if (own === undefined) {
      const first = firstLoad(facts, known, index);
      const unsure = renewed(index) || disturbed.first(use.at, use.at);
      return unsure ? { ...first, weak: true } : first;
    }
    if (facts.denied(own, use, stream.processBy))
      return { cause: 'load.after-denial', rule: 'denied in between' };
    const all = lost(index);
    if (all !== unknown || edge === null || ttlMs === null)
      // What made room for others was pushed out, whatever the TTL.
      return edge !== null && isSmall(edge) && all.cause !== 'load.evicted'
        ? { ...all, weak: true }
        : all;
    const waited = use.at - own.at;
    // Close to two TTLs a small error of either decides, and close to one what is pushed out just before.
    const overMs = edge.toMs - graceMs - ttlMs;
    const blurMs = 2 * (graceMs + Math.max(isRound(ttlMs) ? 0 : 0.015 * ttlMs, overMs));
    const early = waited < ttlMs && edge.below > 0;
    const unsure = isWeak(edge) || !(keptByMakers || roleOf(own.operation) === 'load');
    if (waited >= 2 * ttlMs)
      return {
        cause: 'load.reopened',
        rule: 'asked again long after the TTL',
        weak: unsure || waited < 2 * ttlMs + blurMs || disturbed.long(own.at, use.at),
      };
    if (waited + graceMs >= ttlMs)
      return {
        cause: 'load.expired',
        rule: 'asked again after the TTL',
        weak: unsure || early || disturbed.short(own.at, use.at),
      };
    return unknown;
  };
}

interface KnownOfLoads {
  starts: ReturnType<typeof startsOf>;
  bursts: ReturnType<typeof burstsOf>;
  ttlMs: number | null;
  /** The longest time after which a key is still asked for again, leaving out a few. */
  heldMs: number;
}

/** Why a process asks for a key that it is not known to have held. */
function firstLoad(facts: LoadFacts, known: KnownOfLoads, index: number): Judged {
  const { stream, history, logFrom } = facts;
  const { starts, bursts, ttlMs, heldMs } = known;
  const at = stream.uses[index]?.at ?? 0;
  const context = stream.contexts[index] ?? -1;
  const madeAt = madeBy(facts, context);
  const before = history.beforeAny[index] ?? -1;
  const since = before === -1 ? null : at - (stream.uses[before]?.at ?? 0);
  if (adopted(facts, index)) return { cause: 'dek.adopted', rule: 'another one’s key, just made' };
  const held = Math.max(ttlMs ?? 0, coldMs);
  // Where many waits lie below the TTL, caches are taken for one another; where no TTL shows, nothing bears them out.
  const mixed = facts.edge === null || facts.edge.below > crowdedMin;
  const start = starts[stream.processes[index] ?? 0] ?? { at: 0, burst: false, known: false };
  const sinceStart = at - start.at;
  const heldByOther = since !== null && since < (ttlMs ?? coldMs);
  const old = madeAt !== null && at - madeAt >= (facts.lifetimeMs ?? dayMs) && !heldByOther;
  const inLog = madeAt !== null && madeAt >= logFrom;
  // Opening an archive loads many old keys at once; a single old key may have been held all along.
  if (old && inLog)
    return { cause: 'load.first.historical', rule: 'first seen, an old key', weak: mixed };
  if (old && (start.known || at - logFrom >= held || bursts(index)))
    return {
      cause: 'load.first.historical',
      rule: 'first seen, a key from before the log',
      weak: true,
    };
  const aged = madeAt !== null && at - madeAt >= (ttlMs ?? agedMs) && !heldByOther;
  if (aged && bursts(index))
    return {
      cause: 'load.first.historical',
      rule: 'first seen, one of many at once',
      weak: ttlMs === null,
    };
  if (start.known && sinceStart < held)
    return {
      cause: 'load.first.cold-start',
      rule: 'first seen in a new process',
      weak: mixed,
    };
  if (start.burst && sinceStart < held && madeAt === null)
    return {
      cause: 'load.first.cold-start',
      rule: 'first seen in a burst at the beginning',
      weak: true,
    };
  const late = at - logFrom > heldMs;
  // What a process held before the log began is unknown, but by now its next load would have been seen.
  if (!start.known && !inLog && !late) return asLogBegins(at - logFrom, ttlMs);
  const cause = heldByOther ? 'load.first.fan-out' : 'load.first';
  if (!start.known && !inLog) return { cause, rule: 'first seen, late in the log', weak: true };
  return {
    cause,
    rule: heldByOther ? 'first seen in this process, others hold it' : 'first seen',
    weak: mixed,
  };
}

/** A first load in the log by a process that may have held the key before: a guess at the likeliest cause. */
function asLogBegins(sinceMs: number, ttlMs: number | null): Judged {
  if (ttlMs === null) return unknown;
  if (sinceMs < ttlMs)
    return { cause: 'load.expired', rule: 'first seen within a TTL of the log’s beginning' };
  return sinceMs < 2 * ttlMs
    ? unknown
    : { cause: 'load.reopened', rule: 'first seen a while after the log’s beginning' };
}

/** Among very many waits some step stands out by chance. */
const leastShareMin = 0.12;
/** Unless hardly any wait is shorter. */
const emptyMax = 0.01;

/** What a step has to reach where waits lie below it, and where there are none. */
const soundScoreMin = { beside: 4, alone: 3 };
/**
 * Of smaller ones at times that people seldom set, half were elsewhere: with waits below, such a time may be the age at
 * which a full cache begins to evict.
 */
const oddScoreMin = { beside: 14, alone: 6 };

const besides = ({ below }: Edge) => (below > emptyMax ? 'beside' : 'alone');
const isSmall = (edge: Edge): boolean => edge.score < soundScoreMin[besides(edge)];

/** Whether little speaks for a TTL: few waits, a small step, or a small one among many or at an odd time. */
const isWeak = (edge: Edge): boolean =>
  edge.waits < soundWaitsMin ||
  isSmall(edge) ||
  (edge.below > emptyMax && edge.score < leastShareMin * Math.sqrt(edge.waits)) ||
  (!isRound(edge.ms) && edge.score < oddScoreMin[besides(edge)]);

const heldShare = 0.98;

/** The longest time after which a key is still asked for again, leaving out a few. */
function longestHeld({ waitsMs }: History, ttlMs: number | null): number {
  if (ttlMs === null || waitsMs.length < 20) return Number.POSITIVE_INFINITY;
  const sorted = Float64Array.from(waitsMs).sort();
  return Math.max(2 * ttlMs, sorted[Math.floor(heldShare * sorted.length)] ?? 0);
}

function madeBy({ stream, history }: LoadFacts, context: number): number | null {
  const [first] = history.makings[context] ?? [];
  return first === undefined
    ? timeInId(stream.values[context] ?? [])
    : (stream.uses[first]?.at ?? null);
}

const idTimeFrom = Date.UTC(2006, 0, 1);
const idTimeTo = Date.UTC(2100, 0, 1);

/** The instant at the start of an id of 32 hex digits, as in ours and in UUIDs of version 7. */
function timeInId(context: readonly (readonly [string, string])[]): number | null {
  for (const [, value] of context) {
    const hex = value.replaceAll('-', '');
    if (!/^[0-9a-f]{32}$/i.test(hex)) continue;
    const at = Number.parseInt(hex.slice(0, 12), 16);
    if (at > idTimeFrom && at < idTimeTo) return at;
  }
  return null;
}

/** The process itself made a key of the same scope a moment ago, and now loads another one's. */
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
    const inRace = Math.abs((uses[other]?.at ?? 0) - (uses[made]?.at ?? 0)) <= raceMs;
    if (sameScope && isMaking && inRace && processes[other] === processes[index]) return true;
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
  /** Many keys were loaded at once then, as an empty cache does. */
  burst: boolean;
  /** The log began before it did. */
  known: boolean;
}

/** When each process is first seen, and whether with an empty cache. */
function startsOf({ stream, history, edge, logFrom }: LoadFacts): Start[] {
  const byProcess = Map.groupBy(stream.uses.keys(), (index) => stream.processes[index] ?? 0);
  const ttlMs = edge?.ms ?? coldMs;
  return stream.processNames.map((_, process) => {
    const own = byProcess.get(process) ?? [];
    const at = stream.uses[own[0] ?? 0]?.at ?? 0;
    // At its usual pace it would have been seen earlier.
    const paceMs = ((stream.uses[own.at(-1) ?? 0]?.at ?? 0) - at) / Math.max(1, own.length - 1);
    const known = at - logFrom > Math.max(ttlMs, coldMs, 5 * paceMs);
    const firsts = own.filter(
      (index) => (history.before[index] ?? -1) === -1 && (stream.uses[index]?.at ?? 0) - at < ttlMs,
    );
    const soon = firsts.filter((index) => (stream.uses[index]?.at ?? 0) - at < ttlMs / 10);
    return { at, burst: firsts.length >= 10 && soon.length >= 0.5 * firsts.length, known };
  });
}
