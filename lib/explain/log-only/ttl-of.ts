/** The TTL that a history shows, by its waits: an edge with little below it, or one under evictions, that recurs. */
import { edgeBesideLosses } from './edge-beside-losses.ts';
import { hiddenEdge } from './hidden-edge.ts';
import type { History } from './history.ts';
import { type Edge, graceMs, isRound, lowerEdge } from './lower-edge.ts';

interface Waits {
  waitsMs: readonly number[];
  /** When each of them ended. */
  endsAt: readonly number[];
}

/** An edge under evictions is taken for a clear one at an odd time where it stands out by so much of that one. */
const outweighs = 0.3;
const emptyMax = 0.01;

export function shownTtl(history: History, spanMs: number): Edge | null {
  const found = edgeOf(history, spanMs);
  if (found !== null) return found;
  const { waitsMs, endsAt, waitedBy, makerWaitsMs, makerEndsAt, makerWaitedBy } = history;
  // Of keys in use by their makers alone, the wait begins as they are made.
  const all = {
    waitsMs: [...waitsMs, ...makerWaitsMs],
    endsAt: [...endsAt, ...makerEndsAt],
    waitedBy: [...waitedBy, ...makerWaitedBy],
  };
  const ofMakers = makerWaitsMs.length === 0 ? null : lowerEdge(all.waitsMs);
  return recurring(ofMakers, all, spanMs) ?? edgeBesideLosses(all);
}

function edgeOf(waits: Waits, spanMs: number): Edge | null {
  const clear = recurring(lowerEdge(waits.waitsMs), waits, spanMs);
  // Where hardly anything lies below, nothing hides it.
  if (clear !== null && (isRound(clear.ms) || clear.below <= emptyMax)) return clear;
  const hidden = hiddenEdge(waits.waitsMs);
  if (hidden === null || hidden.score < outweighs * (clear?.score ?? 0)) return clear;
  return comesAgain(hidden, waits) ? hidden : clear;
}

const nearShare = 1.1;
const oneTurnMax = 0.5;

/** A clock that jumps moves many waits at once: of those at the edge, no more than half end in one turn. */
function comesAgain({ ms }: Edge, { waitsMs, endsAt }: Waits): boolean {
  const turns = new Map<number, number>();
  for (const [index, wait] of waitsMs.entries()) {
    if (wait < ms - graceMs || wait >= nearShare * ms) continue;
    const turn = Math.floor((endsAt[index] ?? 0) / ms);
    turns.set(turn, (turns.get(turn) ?? 0) + 1);
  }
  const all = [...turns.values()];
  const most = all.reduce((a, b) => Math.max(a, b), 0);
  return most <= oneTurnMax * all.reduce((a, b) => a + b, 0);
}

/** One storm of re-asks has an edge as well: a TTL's comes again and again. */
function recurring(edge: Edge | null, { waitsMs, endsAt }: Waits, spanMs: number): Edge | null {
  if (edge === null) return null;
  const near = waitsMs.flatMap((wait, index) =>
    wait >= edge.ms - graceMs && wait < 1.5 * edge.ms ? [{ wait, at: endsAt[index] ?? 0 }] : [],
  );
  const ends = near.map(({ at }) => at).sort((a, b) => a - b);
  const lastsMs = (ends.at(-1) ?? 0) - (ends[0] ?? 0);
  // Leases keep the distances of their loads; what is lost at once is asked for again at once.
  const longest = near.reduce((most, { wait }) => Math.max(most, wait), edge.ms);
  const apartMs = longest - edge.ms + graceMs;
  if (lastsMs >= apartMin * apartMs) return edge;
  const turns = new Set(ends.map((at) => Math.floor((2 * at) / edge.ms)));
  return turns.size >= turnsMin && lastsMs >= lastsShareMin * (spanMs - edge.ms) ? edge : null;
}

const apartMin = 10;
const turnsMin = 3;
const lastsShareMin = 0.2;
