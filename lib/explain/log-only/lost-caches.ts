/**
 * Keys asked for again before their TTL. A full cache pushes some out all the time and keeps others; a process that
 * restarts loses all it held, once. What shows neither stays unknown.
 */
import { freshRunsOf } from './fresh-runs.ts';
import { type Judged, unknown } from './judged.ts';
import type { LoadFacts } from './load-facts.ts';
import { type Early, lostTogether } from './lost-together.ts';
import { graceMs } from './lower-edge.ts';

const earlyMin = 10;
/** A full cache shows in at least this share of the TTLs during which a process is seen. */
const spreadMin = 0.5;
const episodeMin = 3;
const episodesMin = 5;
const lostEpisodesMin = 0.5;
const atOnceMax = 0.02;
/** A restart loses nearly everything that would be asked for in time. */
const lostShareMin = 0.7;
const againMax = 0.2;
/** With fewer keys it may have been something else. */
const soundMin = 12;
const manyMin = 150;
const manyShareMin = 0.15;

const atOnceMs = 5 * 60_000;
/** How far apart windows begin at least. */
const strideMs = 60_000;
const recentMs = 50 * 60_000;
const recentShareMin = 0.5;
const spreadShareMin = 0.2;

const repeatsMin = 30;
const repeatsShareMax = 0.15;
const tellsShare = 0.25;
/** Of a full cache even the first to come back had room taken by a good part of as many others as is usual. */
const fewest = { of: 0.05, shareMin: 1 / 3 };

/**
 * Whether something else was loaded before anything was asked for again. A full cache does that; without a cache the
 * same key is asked for at once, again and again.
 */
function neverAtOnce({ stream, history }: LoadFacts): boolean {
  const { contexts, processes } = stream;
  const lastOf = new Map<number, number>();
  const counts = new Map<number, Map<number, number>>();
  let repeats = 0;
  for (const index of history.loads.flat().sort((a, b) => a - b)) {
    const [process, context] = [processes[index] ?? 0, contexts[index] ?? -1];
    if (lastOf.get(process) === context) repeats++;
    lastOf.set(process, context);
    const own = counts.get(process) ?? new Map<number, number>();
    counts.set(process, own);
    own.set(context, (own.get(context) ?? 0) + 1);
  }
  let expected = 0;
  for (const own of counts.values()) {
    const all = [...own.values()];
    const of = all.reduce((sum, n) => sum + n, 0);
    expected += all.reduce((sum, n) => sum + (n * n) / of, 0);
  }
  return expected >= repeatsMin && repeats <= repeatsShareMax * expected;
}

/** Of such a cache whose TTL does not show, waits are evictions, the longer ones less surely. */
function roomOf(facts: LoadFacts): ((index: number) => Judged) | null {
  const { history } = facts;
  const { uses } = facts.stream;
  if (history.waitsMs.length < repeatsMin || !neverAtOnce(facts)) return null;
  const waits = Float64Array.from(history.waitsMs).sort();
  const tellsMs = waits[Math.floor(tellsShare * waits.length)] ?? 0;
  const room = hasRoom(facts);
  return (index) => {
    const own = uses[history.before[index] ?? -1];
    if (own === undefined) return unknown;
    const long = (uses[index]?.at ?? 0) - own.at > tellsMs;
    const rule = long ? 'never asked again at once, nor soon' : 'never asked again at once';
    return { cause: 'load.evicted', rule, weak: long || !room };
  };
}

/** Whether keys leave after so many others and no sooner, as they do a full cache; leases bound the time alone. */
function hasRoom({ stream, history }: LoadFacts): boolean {
  const { uses, processes } = stream;
  const made = new Map<number, number>();
  const places = uses.map((_, index) => {
    const process = processes[index] ?? 0;
    const place = made.get(process) ?? 0;
    made.set(process, place + 1);
    return place;
  });
  const others = places.flatMap((place, index) => {
    const before = history.before[index] ?? -1;
    return before === -1 ? [] : [place - (places[before] ?? 0) - 1];
  });
  const sorted = Float64Array.from(others).sort();
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
  return at(fewest.of) >= fewest.shareMin * at(0.5);
}

/**
 * Where no TTL shows: a process that loads at once most of what it had loaded over time shortly before has lost all of
 * it. Leases that end would keep the distances of their loads.
 */
function allAtOnce(facts: LoadFacts): (index: number) => Judged {
  const { stream, history } = facts;
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
      } else while (from < own.length && atOf(own[from]) < at + strideMs) from++;
    }
  }
  const room = roomOf(facts);
  return (index) =>
    found.has(index)
      ? { cause: 'load.first.cold-start', rule: 'all lost, then asked again' }
      : (room?.(index) ?? unknown);
}

/** How many requests a process makes in such a span on average, while it is seen. */
function usualOf(instants: readonly number[]): number {
  const span = (instants.at(-1) ?? 0) - (instants[0] ?? 0);
  return span === 0 ? instants.length : (instants.length * atOnceMs) / (span + atOnceMs);
}

// Long: one rule and what speaks against it.
export function lostCaches(facts: LoadFacts): (index: number) => Judged {
  /** Early loads of a full cache, and whether they are few. */
  const evicted = new Map<number, boolean>();
  if (facts.edge === null) return allAtOnce(facts);
  const { ms: ttlMs } = facts.edge;
  const meanUseMs = meanUseOf(facts, ttlMs);
  const lastOf = lastLoads(facts);
  /** For each process, when it lost all it held. */
  const restarts = new Map<number, Restart[]>();
  const counts = new Map<number, number>();
  for (const process of facts.stream.processes) counts.set(process, (counts.get(process) ?? 0) + 1);
  const markEvicted = (early: readonly Early[], process: number) => {
    const few = early.length < Math.max(manyMin, manyShareMin * (counts.get(process) ?? 0));
    const crowds = crowdsOf(early, ttlMs / 6);
    const fresh = freshRunsOf(facts, process);
    for (const { index } of early) evicted.set(index, few || crowds.has(index) || fresh(index));
  };
  for (const [process, early] of earlyByProcess(facts, ttlMs)) {
    const episodes = episodesOf(early, ttlMs);
    const lost = episodes.filter((episode) =>
      losesAll(facts, { process, episode, ttlMs, meanUseMs }),
    );
    // A cache without room loses keys all the time, and now and then it looks like all of them.
    const atOnce = early.filter(({ index }) => lastOf[index] === facts.history.before[index]);
    const allAlong =
      atOnce.length <= atOnceMax * early.length &&
      episodes.length >= episodesMin &&
      lost.length < lostEpisodesMin * episodes.length;
    const starts = (allAlong ? [] : lost).map((episode) => ({
      at: episode[0]?.at ?? 0,
      weak: episode.length < soundMin,
    }));
    restarts.set(process, starts);
    for (const episode of episodes)
      if (losesAgain(facts, { process, episode }))
        for (const { index } of episode) evicted.set(index, true);
    const rest = early.filter((one) => restartOf(facts, starts, one) === undefined);
    if (
      allAlong ||
      isSpread(facts, { process, early: rest, ttlMs }) ||
      isFull(facts, { process, early: rest, ttlMs })
    )
      markEvicted(rest, process);
  }
  const together = lostTogether(facts.stream, { early: earlyByProcess(facts, ttlMs), ttlMs });
  return (index) => {
    if (together.has(index))
      return { cause: 'load.first.cold-start', rule: 'several lost theirs at once' };
    const few = evicted.get(index);
    if (few !== undefined)
      return { cause: 'load.evicted', rule: 'some lost, some kept', weak: few };
    const { uses, processes } = facts.stream;
    const starts = restarts.get(processes[index] ?? 0) ?? [];
    // A restart loses everything held before it, whether or not its lease had ended.
    const start = restartOf(facts, starts, { index, at: uses[index]?.at ?? 0 });
    return start === undefined
      ? unknown
      : {
          cause: 'load.first.cold-start',
          rule: 'all lost, then asked again',
          weak: start.weak,
        };
  };
}

const crowdTimes = 2;
const crowdDeviations = 3;

/** Early loads of which far more come within a window than at other times: the process may have been started anew. */
function crowdsOf(early: readonly Early[], windowMs: number): ReadonlySet<number> {
  const spanMs = Math.max(windowMs, (early.at(-1)?.at ?? 0) - (early[0]?.at ?? 0));
  const usual = (early.length * windowMs) / spanMs;
  const much = Math.max(crowdTimes * usual, usual + crowdDeviations * Math.sqrt(usual));
  const found = new Set<number>();
  for (let from = 0, to = 0; from < early.length; from++) {
    while (to < early.length && (early[to]?.at ?? 0) < (early[from]?.at ?? 0) + windowMs) to++;
    if (to - from > much) for (const { index } of early.slice(from, to)) found.add(index);
  }
  return found;
}

/** For each use, the index of its process's use before, or -1. */
function lastLoads({ stream }: LoadFacts): Int32Array {
  const last = new Map<number, number>();
  return stream.processes.map((process, index) => {
    const before = last.get(process) ?? -1;
    last.set(process, index);
    return before;
  });
}

interface Restart {
  at: number;
  weak: boolean;
}

/** The restart of a process between a load and the one before it. */
function restartOf(
  { stream, history }: LoadFacts,
  starts: readonly Restart[],
  { index, at }: Early,
): Restart | undefined {
  const loadedAt = stream.uses[history.before[index] ?? -1]?.at ?? at;
  return starts.find((start) => loadedAt < start.at && start.at <= at);
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

/** How long a key waits for its next use on average, after its lease has ended. */
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
 * A full cache pushes a key out only after loading as many others as it has room for: between a load and the early one
 * after it there are never few, whenever that happens.
 */
function isFull(
  { stream, history }: LoadFacts,
  { process, early, ttlMs }: { process: number; early: readonly Early[]; ttlMs: number },
): boolean {
  if (early.length < earlyMin || episodesOf(early, ttlMs).length < 3) return false;
  return manyBetween({ stream, history }, { process, early });
}

function manyBetween(
  { stream, history }: Pick<LoadFacts, 'stream' | 'history'>,
  { process, early }: { process: number; early: readonly Early[] },
): boolean {
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

const againShareMin = 0.5;

/** The process reads more than fits, over and over: within one episode most keys are lost again, after many others. */
function losesAgain(
  facts: LoadFacts,
  { process, episode }: { process: number; episode: readonly Early[] },
): boolean {
  const from = episode[0]?.index ?? 0;
  const again = episode.filter(({ index }) => (facts.history.before[index] ?? -1) >= from).length;
  return (
    episode.length >= earlyMin &&
    again >= againShareMin * episode.length &&
    manyBetween(facts, { process, early: episode })
  );
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
 * Of what the process held when the episode began, as much is asked for early as would be after a restart, by how often
 * each key is used.
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
  // A restart loses a key once; a cache without room loses it again and again.
  const again = episode.filter(({ index }) => (history.before[index] ?? -1) >= from).length;
  return (
    lost.size >= episodeMin && lost.size >= lostShareMin * due && again <= againMax * lost.size
  );
}
