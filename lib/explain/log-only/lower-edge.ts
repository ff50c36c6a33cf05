/**
 * The lower edge of a set of waits. A cache asks again on the first use after its TTL, so the density of waits steps up
 * at the TTL and falls off above it; what lies below are lost caches and evictions. Where no such step stands out,
 * there is no edge to tell.
 */
export interface Edge {
  /** The TTL, ms. */
  ms: number;
  /** Between these the edge lies, ms: the last wait clearly below it, and the first at it. */
  fromMs: number;
  toMs: number;
  /** Waits at or above the edge. */
  waits: number;
  /** The share of waits below it. */
  below: number;
  /** By how many standard deviations the step exceeds chance. */
  score: number;
}

const secondMs = 1_000;
/** Log times are whole seconds: a wait may read one second shorter or longer. */
export const graceMs = 2.5 * secondMs;
/** No cache has an edge below this. */
const edgeMsMin = 20 * secondMs;
const waitsMin = 3;
/** What fewer waits show is told with their number, and what hangs on it as a guess. */
export const soundWaitsMin = 6;
/** Widths of the windows that are compared, as shares of the edge. */
const scales = [0.01, 0.03, 0.1, 0.3, 0.9];
const widthMsMin = 6 * secondMs;
const sharpWidth = 0.1;
const narrowScaleMax = 0.03;
const candidatesMax = 1_500;
/** At a round time, as people set it, a step that is all there is needs less evidence than any other. */
const roundScoreMin = 1.5;
/** What a step at such a time weighs more, beside others. */
const roundWeight = 1.1;
const scoreMin = 3;
const roundShareMin = 0.15;
const shareMin = 0.22;
/** So few below beside those within twice the edge are none. */
const emptyMax = 0.05;
/** A narrower window is preferred if it shows this share of the step. */
const narrowShare = 0.6;
/** As near to the widest one's edge. */
const narrowWithin = 0.2;
const risesMax = 1.15;
/** An odd TTL is told where it can be placed within 5 %: it may lie four times as far below the first wait. */
const oddOverMax = 0.05 / 4;
const manyMin = 25;
/** So many times as dense as below it waits are at an edge; what is nearer belongs to it. */
const timesMin = { round: 5, odd: 10 };
/** A larger step is one, whatever lies below. */
const plainScore = 15;
const nearerMin = 0.98;
/** So far above a round time the first wait may lie: further up another time is as likely. */
const slackShareMax = 0.08;
/** With more than so many waits below it, only a step beyond doubt counts, at a time of whole minutes. */
export const crowdedMin = 0.15;
const doubtlessScore = 5;

export const roundMs = [
  0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50, 60, 75, 90, 120, 150, 180, 240,
  300, 360, 480, 720, 1440,
].map((minutes) => minutes * 60 * secondMs);

/** Whether it is a time that people set. */
export const isRound = (ms: number): boolean => roundMs.includes(ms);

/** Whether it is a whole number of minutes. */
const isWhole = (ms: number): boolean =>
  Math.abs(ms - Math.round(ms / 60_000) * 60_000) <= graceMs && ms > graceMs;

/** Null where no edge stands out. Waits are in ms, in any order. */
export function lowerEdge(waitsMs: readonly number[]): Edge | null {
  const waits = Float64Array.from(waitsMs).sort();
  if (waits.length < waitsMin) return null;
  const step = steepest(waits);
  if (step === null) return null;
  const { first, score } = step;
  const ms = likeliest(waits, first);
  const at = lowerIndex(waits, Math.min(first, ms));
  const above = waits.length - at;
  const below = at / waits.length;
  const set = isRound(ms);
  const few = at === 0 && above < manyMin;
  if (above < waitsMin || score < (set && few ? roundScoreMin : scoreMin)) return null;
  const placed = above >= manyMin && overMsOf(waits, first) <= oddOverMax * first;
  if (!set && !placed) return null;
  // Among very many waits, chance alone makes small steps.
  const share = set ? roundShareMin : shareMin;
  // Where hardly any lie below, those far above say nothing against it.
  const near = lowerIndex(waits, 2 * ms) - at;
  const empty = at <= emptyMax * near;
  const many = empty ? near : above;
  if (score < Math.min(doubtlessScore, share * Math.sqrt(many))) return null;
  if (!empty && at > 0 && !fallsOff(waits, ms)) return null;
  const isChecked = score < plainScore && (empty || !set);
  if (isChecked && timesAt(waits, { ms, first }) < timesMin[set ? 'round' : 'odd']) return null;
  if (below > crowdedMin && (score < doubtlessScore || !(set || isWhole(ms)))) return null;
  const under = at === 0 ? 0 : (waits[at - 1] ?? 0);
  const fromMs = Math.min(ms, Math.max(under, first * (1 - 1 / above)));
  return { ms, fromMs, toMs: first + graceMs, waits: above, below, score };
}

/**
 * Where the density of waits steps up most. Of the window widths that show it about as well, the narrowest locates it
 * best.
 */
function steepest(waits: Float64Array): { first: number; score: number } | null {
  const firsts = candidates(waits);
  const best = scales.map((scale) => {
    let top = { first: 0, score: Number.NEGATIVE_INFINITY, weighed: Number.NEGATIVE_INFINITY };
    for (const first of firsts) {
      const width = Math.max(widthMsMin, scale * first);
      const least = top.weighed / roundWeight;
      const score = stepAt(waits, { first, width, beat: least });
      if (score <= least) continue;
      const weighed = isRound(likeliest(waits, first)) ? roundWeight * score : score;
      const stands =
        weighed > top.weighed &&
        !risesOn(waits, first) &&
        (isSharp(waits, first) || isNarrow(waits, { first, scale, score }));
      if (stands) top = { first, score, weighed };
    }
    return top;
  });
  const most = best.reduce((one, other) => (other.weighed > one.weighed ? other : one));
  const narrow = best.find(
    ({ first, score }) =>
      score > 0 &&
      score >= narrowShare * most.score &&
      Math.abs(first - most.first) <= narrowWithin * most.first,
  );
  return narrow === undefined ? null : { first: narrow.first, score: most.score };
}

/** By how much a step at `first` exceeds chance for windows of one width; -∞ if by no more than `beat`. */
function stepAt(
  waits: Float64Array,
  { first, width, beat }: { first: number; width: number; beat: number },
): number {
  const from = first - secondMs / 2;
  const count = (start: number, end: number) =>
    between(waits, from + start * width, from + end * width);
  const [above, below] = [count(0, 1), count(-1, 0)];
  const deviation = Math.sqrt(above + below + 1);
  if (above <= below || above - below <= beat * deviation) return Number.NEGATIVE_INFINITY;
  // What rises on both sides is a slope, not a step.
  const slope = Math.max(0, below - count(-2, -1), count(1, 2) - above);
  // A full cache has an edge too, but one that rises slowly.
  const [near, under, far] = [count(0, 0.25), count(-0.25, 0), count(-0.5, -0.25)];
  const later = Math.max(count(0.25, 0.5), count(0.5, 0.75), count(0.75, 1));
  const few = 2 * Math.sqrt(near + 1);
  if (later > risesMax * near + few || near + few < under + 2 * Math.max(0, under - far))
    return Number.NEGATIVE_INFINITY;
  return (above - below - 1.5 * slope) / deviation;
}

const fallingMin = 30;
const fallingScoreMin = 1.5;

/**
 * Whether waits are fewer the longer they are above the edge, as uses come after a lease has ended. At the age at which
 * a full cache begins to push keys out they are not.
 */
export function fallsOff(waits: Float64Array, ms: number): boolean {
  const near = nearTo(waits, ms, 2);
  return near.length < fallingMin || leanOf(near, ms, 2) <= -fallingScoreMin;
}

/** The waits from an edge to so many times as long. */
const nearTo = (waits: Float64Array, ms: number, times: number): Float64Array =>
  waits.subarray(lowerIndex(waits, ms - graceMs), lowerIndex(waits, times * ms));

/** By how many standard deviations these lean to the longer ones. */
function leanOf(near: Float64Array, ms: number, times: number): number {
  const [from, to] = [ms - graceMs, times * ms];
  const sum = near.reduce((all, wait) => all + (wait - from) / (to - from) - 0.5, 0);
  return sum * Math.sqrt(12 / near.length);
}

/** Over stretches so many times as long as the edge, and so surely. */
const risingTimes = [2, 3, 5];
const risingScoreMin = 1.7;

/** Whether waits grow more from an edge on, and are few at first: the shortest that a full cache leaves do so. */
const risesOn = (waits: Float64Array, ms: number): boolean =>
  risingTimes.some((times) => {
    const near = nearTo(waits, ms, times);
    const first = lowerIndex(near, (1 + sharpWidth * (times - 1)) * ms);
    return first < sharpWidth * near.length && leanOf(near, ms, times) >= risingScoreMin;
  });

/**
 * Whether few waits lie just below the edge. A full cache has an edge too, at the age at which it evicts, but one that
 * rises slowly.
 */
function isSharp(waits: Float64Array, first: number): boolean {
  const from = first - secondMs / 2;
  const width = Math.max(widthMsMin, sharpWidth * first);
  const [above, below] = [between(waits, from, from + width), between(waits, from - width, from)];
  if (below === 0) return true;
  const [share, deviations] = isRound(likeliest(waits, first)) ? [0.5, 1.5] : [0.25, 1];
  return below <= share * above + deviations * Math.sqrt(above + 1);
}

/** Whether it steps up within moments at a round time, which a cache without room never does. */
function isNarrow(
  waits: Float64Array,
  { first, scale, score }: { first: number; scale: number; score: number },
): boolean {
  return scale <= narrowScaleMax && score >= doubtlessScore && isRound(likeliest(waits, first));
}

/** Waits at which an edge may begin; all of them where they are few. */
function candidates(waits: Float64Array): number[] {
  const distinct: number[] = [];
  for (const wait of waits) if (wait >= edgeMsMin && wait !== distinct.at(-1)) distinct.push(wait);
  const stride = Math.max(1, distinct.length / candidatesMax);
  const some: number[] = [];
  for (let no = 0; no < distinct.length; no += stride) some.push(distinct[Math.floor(no)] ?? 0);
  // People set round times: the first wait at each is always tried.
  for (const round of roundMs) {
    const wait = waits[lowerIndex(waits, round - graceMs)];
    if (wait !== undefined && wait >= edgeMsMin) some.push(wait);
  }
  return some.sort((a, b) => a - b);
}

/** Of the likely values the roundest, because people set round times. */
function likeliest(waits: Float64Array, first: number): number {
  const overMs = overMsOf(waits, first);
  const slackMs = Math.max(
    graceMs,
    Math.min(slackShareMax * first, Math.max(0.01 * first, 5 * overMs)),
  );
  const round = roundMs.filter((at) => at <= first + graceMs && first - at <= slackMs).at(-1);
  return round ?? Math.max(edgeMsMin, first - Math.min(overMs, 0.05 * first));
}

/**
 * How many times as dense waits are at an edge as just below it. Lost caches leave them anywhere below; where they lean
 * to the edge, it may be elsewhere.
 */
function timesAt(waits: Float64Array, { ms, first }: { ms: number; first: number }): number {
  const below = waits.subarray(0, lowerIndex(waits, nearerMin * ms - graceMs));
  if (below.length < 2) return Number.POSITIVE_INFINITY;
  const mean = below.reduce((sum, wait) => sum + wait, 0) / below.length;
  const density = below.length / Math.min(ms, 2 * (ms - mean));
  return 1 / overMsOf(waits, first) / density;
}

/**
 * How far above the TTL the first of some waits lies on average: their mean excess, divided by their number. Of waits
 * that hardly fall off within twice the edge, it counts for up to twice as much.
 */
function overMsOf(waits: Float64Array, first: number): number {
  const near = waits.subarray(lowerIndex(waits, first), lowerIndex(waits, 2 * first));
  const number = Math.max(1, near.length);
  const mean = near.reduce((sum, wait) => sum + wait - first, 0) / number;
  return mean / number / (1 - Math.min(0.5, 2 * (mean / first) ** 2));
}

const between = (waits: Float64Array, from: number, to: number): number =>
  lowerIndex(waits, to) - lowerIndex(waits, from);

/** The index of the first of sorted numbers that is not below. */
export function lowerIndex(sorted: ArrayLike<number>, least: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? 0) < least) from = middle + 1;
    else to = middle;
  }
  return from;
}
