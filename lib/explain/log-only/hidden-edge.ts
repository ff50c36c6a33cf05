/**
 * The lower edge of waits under a background: a cache without room pushes keys out before their TTL, so that waits of
 * all lengths lie below it. Their density runs on smoothly; at the TTL it jumps, by the keys that were held until
 * then. Density is fitted by a line below each candidate and carried on above it, as tests of a discontinuity do.
 */
import { type Edge, fallsOff, graceMs, isRound, lowerIndex, roundMs } from './lower-edge.ts';

/** Widths of the window above a candidate, as shares of it. */
const scales = [0.01, 0.02, 0.05, 0.1];
const widthMsMin = 8_000;
/** So much before a TTL its waits may begin, by the seconds that logs cut. */
const blurMs = 0.6 * graceMs;
/** The line below is fitted over so many of them. */
const fitted = 4;
const fittedShareMax = 0.9;
/** What falls is compared with as many widths below: the nearest alone, or more of them where they are few. */
const depths = [1, 2, 4, 8, 16, 32];
const depthShareMax = 0.4;
const minuteMs = 60_000;
const minutesMax = 1_440;
const waitsMin = 8;
/** What times that people seldom set have to make up for, and what any has to reach, in log-likelihood. */
const costs = { round: 0, whole: 4, other: 6 };
const likelihoodMin = 6;
/** Of times that are no whole minutes, each is so many times the one before. */
const finer = 1.01;
const finestMs = 120_000;

const candidates: readonly { ms: number; cost: number }[] = [
  ...roundMs.map((ms) => ({ ms, cost: costs.round })),
  ...Array.from({ length: minutesMax }, (_, no) => ({
    ms: (no + 1) * minuteMs,
    cost: costs.whole,
  })).filter(({ ms }) => !isRound(ms)),
  ...Array.from(
    { length: Math.floor(Math.log((minutesMax * minuteMs) / finestMs) / Math.log(finer)) },
    (_, no) => ({ ms: finestMs * finer ** no, cost: costs.other }),
  ),
].sort((a, b) => a.ms - b.ms);

/** Null where no jump stands out. Waits are in ms, in any order. */
export function hiddenEdge(waitsMs: readonly number[]): Edge | null {
  const waits = Float64Array.from(waitsMs).sort();
  if (waits.length < waitsMin) return null;
  const sums = prefixSums(waits);
  const most = waits.at(-1) ?? 0;
  let best = { ms: 0, score: 0, likelihood: likelihoodMin };
  for (const { ms, cost } of candidates) {
    if (ms > most) break;
    for (const scale of scales) {
      const width = Math.max(widthMsMin, scale * ms);
      const jump = jumpAt({ waits, ...sums }, { at: ms - blurMs, width });
      const likelihood = jump - cost;
      if (likelihood > best.likelihood && fallsOff(waits, ms))
        best = { ms, score: Math.sqrt(2 * jump), likelihood };
    }
  }
  if (best.ms === 0) return null;
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

/** How much likelier a jump is than that density runs on, level or falling, or as its line foretells where it rises. */
function jumpAt(sums: Sums, { at, width }: { at: number; width: number }): number {
  const { waits } = sums;
  const edge = lowerIndex(waits, at);
  const above = lowerIndex(waits, at + width) - edge;
  // Two reach no likelihood that counts, however empty it is below.
  if (above <= 2) return 0;
  // A jump that comes later in the window is none here.
  const half = lowerIndex(waits, at + blurMs + width / 2) - edge;
  if (half < above / 2 - 0.75 * Math.sqrt(above)) return 0;
  const level = depths.map((times) => {
    const over = Math.min(times * width, depthShareMax * at);
    const below = edge - lowerIndex(waits, at - over);
    return likelier(above, { count: below, times: over / width });
  });
  const most = Math.max(...level);
  if (most === 0 || falls(sums, at)) return most;
  const line = foretold(sums, { at, edge, width });
  const beyond = Math.max(0, above - Math.max(0, line.mean));
  return Math.min(most, beyond ** 2 / (above + line.variance + 1) / 2);
}

/** Whether density falls towards a time, over a stretch wide enough to see it. */
function falls(sums: Sums, at: number): boolean {
  const width = Math.max(...scales) * at;
  const edge = lowerIndex(sums.waits, at);
  const over = Math.min(fitted * width, fittedShareMax * at);
  const below = edge - lowerIndex(sums.waits, at - over);
  const { mean, variance } = foretold(sums, { at, edge, width });
  return mean <= (below * width) / over + Math.sqrt(variance);
}

/** The logarithm of how much likelier a count is of its own rate than of that which another count shows, if more. */
function likelier(
  count: number,
  { count: other, times }: { count: number; times: number },
): number {
  const common = (count + other) / (1 + times);
  if (count <= common) return 0;
  const own = count * Math.log(count / common);
  return other === 0 ? own : own + other * Math.log(other / (times * common));
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
