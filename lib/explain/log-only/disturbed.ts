/**
 * Stretches of a log that are not what they seem. Where a clock was set, two hours lie in one: keys that are otherwise
 * held for their TTL are asked for before it, by many at once, or nobody is seen for long. Nothing that such a stretch
 * takes part in is sure.
 */
import type { LoadFacts } from './load-facts.ts';
import { graceMs } from './lower-edge.ts';

/** What is early in a stretch, beside what is early all along. */
const earlyMin = 2;
const earlyShareMin = { some: 0.03, much: 0.2 };
const times = 2;
const windowMsMin = 5 * 60_000;
/** A silence this many times the usual gap is not chance. */
const silenceMin = 20;

type DisturbedFacts = Pick<LoadFacts, 'stream' | 'history' | 'edge'>;

/** Whether such a stretch lies between two instants, or around one. */
export type Disturbed = (from: number, to: number) => boolean;

/**
 * Of waits about as long as the TTL, of longer ones, and of what is seen for the first time. An early load that a lost
 * or full cache explains (`isLost`) speaks of no clock.
 */
export function disturbedOf(
  facts: DisturbedFacts,
  isLost: (index: number) => boolean,
): Record<'short' | 'long' | 'first', Disturbed> {
  const silences = silencesOf(facts);
  // A clock that was set leaves one silence, and beside it as much time that is there twice; pauses come again.
  const shadows = silences.length > silencesMax ? [] : silences.flatMap(shadowsOf);
  const { some, much } = crowded(facts, isLost);
  const early = crowded(facts, () => false).some;
  return {
    // After a mere pause nothing is asked for early.
    short: anyWithin([
      ...much,
      ...shadows.filter((one) => early.some((other) => meet(one, other))),
    ]),
    long: anyWithin([...much, ...silences, ...shadows]),
    first: anyWithin([...some, ...shadows]),
  };
}

const silencesMax = 2;
/** After the silence where it was set forward, before it where it was set back. */
const shadowsOf = ({ from, to }: Span): Span[] => [
  { from: to, to: to + (to - from) },
  { from: from - (to - from), to: from },
];

const meet = (one: Span, other: Span): boolean => one.from < other.to && other.from < one.to;

interface Span {
  from: number;
  to: number;
}

function silencesOf({ stream }: DisturbedFacts): Span[] {
  const at = stream.uses.map((use) => use.at);
  const spanMs = (at.at(-1) ?? 0) - (at[0] ?? 0);
  const leastMs = (silenceMin * spanMs) / Math.max(1, at.length);
  return at.slice(1).flatMap((to, no) => {
    const from = at[no] ?? to;
    return to - from > leastMs ? [{ from, to }] : [];
  });
}

/** Windows in which far more than usual is asked for before its TTL, and those beside them. */
function crowded(
  { stream, history, edge }: DisturbedFacts,
  isLost: (index: number) => boolean,
): { some: Span[]; much: Span[] } {
  if (edge === null) return { some: [], much: [] };
  const windowMs = Math.max(windowMsMin, edge.ms / 2);
  const counts = new Map<number, { all: number; early: number }>();
  const atOf = (index: number) => stream.uses[index]?.at ?? 0;
  for (const [index, before] of history.before.entries()) {
    if (before === -1) continue;
    const at = atOf(index);
    const number = Math.floor(at / windowMs);
    const window = counts.get(number) ?? { all: 0, early: 0 };
    counts.set(number, window);
    window.all += 1;
    if (at - atOf(before) + graceMs < edge.ms && !isLost(index)) window.early += 1;
  }
  const shares = Float64Array.from(counts.values(), ({ all, early }) => early / all).sort();
  const usual = shares[shares.length >> 1] ?? 0;
  const over = (least: number) =>
    [...counts].flatMap(([number, { all, early }]) =>
      early >= earlyMin && early > (times * usual + least) * all ? [number] : [],
    );
  return {
    some: over(earlyShareMin.some).map((number) => ({
      from: (number - 1) * windowMs,
      to: (number + 2) * windowMs,
    })),
    much: over(earlyShareMin.much).map((number) => ({
      from: number * windowMs,
      to: (number + 1) * windowMs - 1,
    })),
  };
}

/** Spans must be found fast, whatever their number. */
function anyWithin(spans: Span[]): Disturbed {
  if (spans.length === 0) return () => false;
  const sorted = spans.sort((a, b) => a.from - b.from);
  /** For each span, how far it and those before it reach. */
  const reaches = Float64Array.from(sorted, ({ to }) => to);
  for (let no = 1; no < reaches.length; no++)
    reaches[no] = Math.max(reaches[no] ?? 0, reaches[no - 1] ?? 0);
  return (from, to) => {
    // The last span that begins in time.
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.from ?? 0) <= to) low = middle + 1;
      else high = middle;
    }
    return low > 0 && (reaches[low - 1] ?? 0) >= from;
  };
}
