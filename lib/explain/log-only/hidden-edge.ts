/**
 * The lower edge of waits under a background: a cache without room pushes keys out before their TTL, so that waits of
 * all lengths lie below it. Their density runs on smoothly; at the TTL it jumps, by the keys that were held until
 * then. Density is fitted by a line below each candidate and carried on above it, as tests of a discontinuity do.
 */
import { type Edge, fallsOff, graceMs, isRound, lowerIndex, roundMs } from './lower-edge.ts';

/** Widths of the window above a candidate, as shares of it. */
const scales = [0.01, 0.02, 0.05, 0.1];
const widthMsMin = 8_000;
/** The line below is fitted over so many of them. */
const fitted = 4;
const fittedShareMax = 0.9;
const minuteMs = 60_000;
const minutesMax = 1_440;
const waitsMin = 8;
/** What whole minutes that people seldom set have to make up for, and what any has to reach, in log-likelihood. */
const seldomCost = 4;
const likelihoodMin = 5;

/** Null where no jump stands out. Waits are in ms, in any order. */
export function hiddenEdge(waitsMs: readonly number[]): Edge | null {
  const waits = Float64Array.from(waitsMs).sort();
  if (waits.length < waitsMin) return null;
  const sums = prefixSums(waits);
  const most = waits.at(-1) ?? 0;
  const minutes = Array.from({ length: minutesMax }, (_, no) => (no + 1) * minuteMs);
  let best = { ms: 0, score: 0, likelihood: likelihoodMin };
  for (const ms of [...minutes, ...roundMs.filter((round) => round > minutesMax * minuteMs)]) {
    if (ms > most) break;
    for (const scale of scales) {
      const width = Math.max(widthMsMin, scale * ms);
      const score = jumpAt({ waits, ...sums }, { at: ms - 0.6 * graceMs, width });
      const likelihood = score ** 2 / 2 - (isRound(ms) ? 0 : seldomCost);
      if (score > 0 && likelihood > best.likelihood) best = { ms, score, likelihood };
    }
  }
  if (best.ms === 0 || !fallsOff(waits, best.ms)) return null;
  const at = lowerIndex(waits, best.ms - graceMs);
  const { ms, score } = best;
  const sides = { fromMs: ms - graceMs, toMs: ms + graceMs };
  return { ms, ...sides, waits: waits.length - at, below: at / waits.length, score };
}

interface Sums {
  waits: Float64Array;
  /** Of the first n waits, and of their squares, in units that keep them exact enough. */
  firsts: Float64Array;
  squares: Float64Array;
}

function prefixSums(waits: Float64Array): Pick<Sums, 'firsts' | 'squares'> {
  const firsts = new Float64Array(waits.length + 1);
  const squares = new Float64Array(waits.length + 1);
  for (const [no, wait] of waits.entries()) {
    firsts[no + 1] = (firsts[no] ?? 0) + wait;
    squares[no + 1] = (squares[no] ?? 0) + wait ** 2;
  }
  return { firsts, squares };
}

/** By how many standard deviations more waits lie right above than right below, and than the line foretells. */
function jumpAt(sums: Sums, { at, width }: { at: number; width: number }): number {
  const { waits } = sums;
  const edge = lowerIndex(waits, at);
  const above = lowerIndex(waits, at + width) - edge;
  const below = edge - lowerIndex(waits, at - width);
  if (above <= below) return 0;
  const line = foretold(sums, { at, edge, width });
  return Math.min(
    (above - below) / Math.sqrt(above + below + 1),
    (above - Math.max(0, line.mean)) / Math.sqrt(above + line.variance + 1),
  );
}

/** How many waits a line through the density below foretells above, and how far chance may be off in it. */
function foretold(
  { waits, firsts, squares }: Sums,
  { at, edge, width }: { at: number; edge: number; width: number },
): { mean: number; variance: number } {
  const over = Math.min(fitted * width, fittedShareMax * at);
  const from = lowerIndex(waits, at - over);
  const number = edge - from;
  const first = (firsts[edge] ?? 0) - (firsts[from] ?? 0);
  const square = (squares[edge] ?? 0) - (squares[from] ?? 0);
  // Distances below the edge, the window being 1 wide, and their squares.
  const distance = (at * number - first) / over;
  const distances = (square - 2 * at * first + number * at ** 2) / over ** 2;
  const share = width / over;
  const weight = -12 * (share / 2 + 0.5);
  const lean = distance - number / 2;
  const leans = distances - distance + number / 4;
  return {
    mean: share * (number + weight * lean),
    variance: share ** 2 * (number + 2 * weight * lean + weight ** 2 * leans),
  };
}
