/**
 * The lower edge of waits where caches are lost time and again: what a process loses at once it asks for again before
 * its TTL, key by key. A few instants of loss that explain all the short waits leave those that show the TTL.
 */
import { type Edge, graceMs, lowerEdge, roundMs } from './lower-edge.ts';

interface OwnedWaits {
  waitsMs: readonly number[];
  /** When each of them ended, and whose it was. */
  endsAt: readonly number[];
  waitedBy: readonly number[];
}

interface Span {
  from: number;
  to: number;
}

/** Each loss must explain so many short waits, and leave so many about as long as the TTL. */
const shortsMin = 2;
const nearMin = 2;
const nearShare = 1.5;
const nearLeast = 5;
/** A loss takes all keys: of the waits around it, so many must be short. Of an eviction's neighbours few are. */
const lostShareMin = 0.3;

/** Null where no TTL that people set is borne out. */
export function edgeBesideLosses({ waitsMs, endsAt, waitedBy }: OwnedWaits): Edge | null {
  const spans = waitsMs.map((wait, index) => {
    const to = endsAt[index] ?? 0;
    return { from: to - wait, to, by: waitedBy[index] ?? 0 };
  });
  const byProcess = [...Map.groupBy(spans, ({ by }) => by).values()];
  let best: { edge: Edge; weight: number } | null = null;
  for (const ms of roundMs) {
    const short = spans.filter(({ from, to }) => to - from < ms - graceMs).length;
    if (short === 0) continue;
    let losses = 0;
    const kept = byProcess.flatMap((own) => {
      const lost = instantsOf(own.filter(({ from, to }) => to - from < ms - graceMs));
      losses += lost.length;
      return own.filter((span) => !lost.some((at) => holds(span, at)));
    });
    const near = kept.filter(({ from, to }) => to - from < nearShare * ms).length;
    if (short < shortsMin * losses || near < Math.max(nearLeast, nearMin * losses)) continue;
    if (short < lostShareMin * (spans.length - kept.length)) continue;
    const edge = lowerEdge(kept.map(({ from, to }) => to - from));
    const weight = near - nearMin * losses;
    if (edge?.ms !== ms || weight <= (best?.weight ?? -1)) continue;
    best = { edge: { ...edge, below: short / spans.length }, weight };
  }
  return best?.edge ?? null;
}

const holds = ({ from, to }: Span, at: number): boolean => from < at && at <= to;

/** The fewest instants of which each span holds one. */
function instantsOf(spans: readonly Span[]): number[] {
  const instants: number[] = [];
  for (const span of [...spans].sort((a, b) => a.to - b.to))
    if (!holds(span, instants.at(-1) ?? Number.NEGATIVE_INFINITY)) instants.push(span.to);
  return instants;
}
