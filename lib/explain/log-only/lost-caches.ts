/**
 * Keys asked for again before their TTL. A full cache pushes some out all along and keeps others; a
 * process that starts anew loses all it held, once. What shows neither is left unknown.
 */
import type { LoadFacts } from './judge-loads.ts';
import { type Judged, unknown } from './judged.ts';

const graceMs = 2_500;
const earlyMin = 10;
/** A full cache shows in so many of the TTLs that a process is seen for. */
const spreadMin = 0.5;
const episodeMin = 3;
const againMs = 5 * 60_000;
const againShareMin = 0.4;
/** A start loses nearly all that would be asked for in time. */
const lostShareMin = 0.7;

const atOnceMs = 5 * 60_000;
const recentMs = 50 * 60_000;
const recentShareMin = 0.5;
const spreadShareMin = 0.2;

/**
 * Where no TTL shows: a process that loads, all at once, most of what it had loaded one after
 * another shortly before has lost it all. Leases that end would keep the distances of their loads.
 */
function allAtOnce({ stream, history }: LoadFacts): (index: number) => Judged {
  const found = new Set<number>();
  const byProcess = Map.groupBy(
    [...stream.uses.keys()].filter((index) => (stream.contexts[index] ?? -1) !== -1),
    (index) => stream.processes[index] ?? 0,
  );
  const atOf = (index: number | undefined) => stream.uses[index ?? 0]?.at ?? 0;
  for (const own of byProcess.values()) {
    const usual = usualOf(own.map(atOf));
    let from = 0;
    while (from < own.length) {
      const at = atOf(own[from]);
      let to = from;
      while (to < own.length && atOf(own[to]) - at < atOnceMs) to++;
      const again = own.slice(from, to).filter((index) => {
        const before = history.before[index] ?? -1;
        return before !== -1 && atOf(before) < at && at - atOf(before) < recentMs;
      });
      const waits = again.map((index) => atOf(index) - atOf(history.before[index]));
      const recent = new Set<number>();
      for (let back = from - 1; back >= 0 && at - atOf(own[back]) < recentMs; back--)
        recent.add(stream.contexts[own[back] ?? 0] ?? -1);
      const apart = Math.max(...waits, 0) - Math.min(...waits, Number.POSITIVE_INFINITY);
      const lost = new Set(again.map((index) => stream.contexts[index])).size;
      const all = lost >= episodeMin && lost >= recentShareMin * recent.size;
      if (
        all &&
        to - from >= 5 * usual &&
        apart > Math.max(atOnceMs, spreadShareMin * Math.max(...waits))
      ) {
        for (const index of again) found.add(index);
        from = to;
      } else from++;
    }
  }
  return (index) =>
    found.has(index)
      ? { cause: 'load.first.cold-start', rule: 'all lost, then asked again' }
      : unknown;
}

/** How much a process asks in such a span on average while it is seen. */
function usualOf(instants: readonly number[]): number {
  const span = (instants.at(-1) ?? 0) - (instants[0] ?? 0);
  return span === 0 ? instants.length : (instants.length * atOnceMs) / (span + atOnceMs);
}

interface Early {
  index: number;
  at: number;
}

export function lostCaches(facts: LoadFacts): (index: number) => Judged {
  const found = new Map<number, Judged>();
  const ttlMs = facts.edge?.ms;
  if (ttlMs === undefined) return allAtOnce(facts);
  const meanUseMs = meanUseOf(facts, ttlMs);
  for (const [process, early] of earlyByProcess(facts, ttlMs)) {
    if (isSpread(facts, { process, early, ttlMs }) || isFull(facts, { process, early, ttlMs })) {
      for (const { index } of early)
        found.set(index, { cause: 'load.evicted', rule: 'some lost, some kept' });
      continue;
    }
    for (const episode of episodesOf(early, ttlMs)) {
      // A start loses a key once; a cache without room for what is used loses it again and again.
      const soon = episode.filter(({ index, at }) => {
        const before = facts.stream.uses[facts.history.before[index] ?? index]?.at ?? at;
        return at - before < Math.min(againMs, ttlMs / 6);
      });
      const again = soon.length >= againShareMin * episode.length;
      if (!again && !losesAll(facts, { process, episode, ttlMs, meanUseMs })) continue;
      const judged: Judged = again
        ? { cause: 'load.evicted', rule: 'lost again and again' }
        : { cause: 'load.first.cold-start', rule: 'all lost, then asked again' };
      for (const { index } of episode) found.set(index, judged);
    }
  }
  return (index) => found.get(index) ?? unknown;
}

function earlyByProcess({ stream, history }: LoadFacts, ttlMs: number): Map<number, Early[]> {
  const { uses, processes } = stream;
  const early = [...uses.entries()].flatMap(([index, { at }]) => {
    const own = history.before[index] ?? -1;
    const waited = own === -1 ? ttlMs : at - (uses[own]?.at ?? 0) + graceMs;
    return waited < ttlMs ? [{ index, at }] : [];
  });
  return Map.groupBy(early, ({ index }) => processes[index] ?? 0);
}

/** How long a key waits for its next use on average once its lease has ended. */
function meanUseOf({ history }: LoadFacts, ttlMs: number): number {
  const over = history.waitsMs.flatMap((wait) =>
    wait >= ttlMs && wait < 2 * ttlMs ? [wait - ttlMs] : [],
  );
  return over.length === 0 ? ttlMs : over.reduce((sum, one) => sum + one, 0) / over.length + 1000;
}

function isSpread(
  { stream }: LoadFacts,
  { process, early, ttlMs }: { process: number; early: readonly Early[]; ttlMs: number },
): boolean {
  if (early.length < earlyMin) return false;
  const windowOf = (at: number) => Math.floor(at / ttlMs);
  const seen = new Set<number>();
  for (const [index, { at }] of stream.uses.entries())
    if (stream.processes[index] === process) seen.add(windowOf(at));
  const touched = new Set(early.map(({ at }) => windowOf(at)));
  return seen.size >= 5 && touched.size >= spreadMin * seen.size;
}

const othersMin = 12;
const othersShare = 0.05;

/**
 * A full cache pushes a key out only after as many others as it has room for: never are there few
 * between a load and the early one after it, whenever that happens.
 */
function isFull(
  { stream, history }: LoadFacts,
  { process, early, ttlMs }: { process: number; early: readonly Early[]; ttlMs: number },
): boolean {
  if (early.length < earlyMin || episodesOf(early, ttlMs).length < 3) return false;
  const sample = early.filter((_, no) => no % Math.ceil(early.length / 500) === 0);
  const others = sample.map(({ index }) => {
    const seen = new Set<number>();
    const from = (history.before[index] ?? index) + 1;
    for (let other = from; other < index && seen.size < othersMin; other++)
      if (stream.processes[other] === process) seen.add(stream.contexts[other] ?? -1);
    return seen.size;
  });
  return others.filter((n) => n < othersMin).length <= othersShare * others.length;
}

function episodesOf(early: readonly Early[], ttlMs: number): Early[][] {
  const episodes: Early[][] = [];
  for (const one of early) {
    const open = episodes.at(-1);
    if (open !== undefined && one.at - (open[0]?.at ?? 0) < ttlMs) open.push(one);
    else episodes.push([one]);
  }
  return episodes.filter(({ length }) => length >= episodeMin);
}

/**
 * Of what the process held when the episode began, as much is asked for again before its time as
 * would be after a start, by how often keys are used.
 */
function losesAll(
  { stream, history }: LoadFacts,
  given: { process: number; episode: readonly Early[]; ttlMs: number; meanUseMs: number },
): boolean {
  const { process, episode, ttlMs, meanUseMs } = given;
  const { uses, processes, contexts } = stream;
  const from = episode[0]?.index ?? 0;
  const at = episode[0]?.at ?? 0;
  const held = new Map<number, number>();
  for (let index = from - 1; index >= 0 && at - (uses[index]?.at ?? 0) < ttlMs; index--) {
    const context = contexts[index] ?? -1;
    if (processes[index] === process && context !== -1 && !held.has(context))
      held.set(context, uses[index]?.at ?? 0);
  }
  let due = 0;
  for (const loadedAt of held.values()) due += 1 - Math.exp(-(loadedAt + ttlMs - at) / meanUseMs);
  const lost = new Set(
    episode.flatMap(({ index }) => {
      const own = history.before[index] ?? -1;
      return own !== -1 && own < from ? [contexts[index] ?? -1] : [];
    }),
  );
  return lost.size >= episodeMin && lost.size >= lostShareMin * due;
}
