/**
 * The lower edge of a set of waiting times: a cache that asks again a TTL after its last load, on
 * the next use, leaves waits that begin sharply at the TTL and tail off above it. What lies below
 * is lost caches and evictions. Where no such edge stands out, there is none to be told.
 */
export interface Edge {
  /** The TTL, ms. */
  ms: number;
  /** It lies between, ms: the last wait clearly below and the first at the edge. */
  fromMs: number;
  toMs: number;
  /** Waits at or above the edge. */
  waits: number;
  /** The share of waits below it. */
  below: number;
}

const secondMs = 1_000;
/** Log times are whole seconds: a wait may read one shorter or longer. */
const graceMs = 2 * secondMs;
/** An edge below this is none that a cache would have. */
const edgeMsMin = 20 * secondMs;
const waitsMin = 3;
/** A clean edge has so few below it. */
const belowMax = 0.12;
/** What lies a band above the edge beside what lies a band below it. */
const band = 1.3;
const jumpMin = 8;
/** The same of an edge among many lost caches, in narrow bands. */
const narrow = 1.03;
const narrowJumpMin = 1.25;
const narrowScoreMin = 5;
const narrowWaitsMin = 12;

const roundMinutes = [
  0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50, 60, 75, 90, 120, 150, 180, 240,
  300, 360, 480, 720, 1440,
];

/** Null where no edge stands out. Waits are in ms, in any order. */
export function lowerEdge(waitsMs: readonly number[]): Edge | null {
  const waits = Float64Array.from(waitsMs).sort();
  if (waits.length < waitsMin) return null;
  const clean = cleanEdge(waits);
  const steep = clean === null ? null : steepest(waits, clean);
  const at = steep !== null && isSharp(waits, steep) ? steep : narrowEdge(waits);
  if (at === null) return null;
  const first = waits[at] ?? 0;
  const above = waits.length - at;
  const ms = rounded(first, between(waits, first, first * band));
  const under = at === 0 ? 0 : (waits[at - 1] ?? 0);
  return {
    ms,
    fromMs: Math.min(ms, Math.max(under, first * (1 - 1 / above))),
    toMs: first + graceMs,
    waits: above,
    below: at / waits.length,
  };
}

/** The index of the first wait from which on they are many, while hardly any lie below. */
function cleanEdge(waits: Float64Array): number | null {
  const densest = Math.max(...sampled(waits).map((at) => inBand(waits, at)));
  const from = lowerIndex(waits, edgeMsMin);
  for (let at = from; at < waits.length && at <= belowMax * waits.length; at++) {
    const first = waits[at] ?? 0;
    const above = inBand(waits, at);
    const below = at - lowerIndex(waits, first / band);
    if (above < waitsMin || above < 0.15 * densest || above < jumpMin * below) continue;
    // Few waits make an edge only where people would set one.
    if (above < 6 && rounded(first, above) === first) continue;
    return at;
  }
  return null;
}

/** The steepest step within a band above a clean edge: a few lost caches may lie just below it. */
function steepest(waits: Float64Array, clean: number): number {
  const end = lowerIndex(waits, (waits[clean] ?? 0) * band);
  const stride = Math.max(1, Math.floor((end - clean) / 400));
  let best = { at: clean, score: Number.NEGATIVE_INFINITY };
  for (let at = clean; at < end; at += stride) {
    const edge = (waits[at] ?? 0) - graceMs;
    const { above, below } = step(waits, edge);
    const score = (above - below) / Math.sqrt(above + below + 1);
    if (score > best.score * 1.1 + 0.1) best = { at: lowerIndex(waits, edge), score };
  }
  return best.at;
}

const sharpWaitsMin = 20;

/**
 * A TTL has most of its waits right at the edge. A full cache has an edge too, at the age at which
 * keys are pushed out, but one that rises slowly.
 */
function isSharp(waits: Float64Array, at: number): boolean {
  const edge = (waits[at] ?? 0) - graceMs;
  const { above: near, below: under } = step(waits, edge);
  const width = stepWidth(edge);
  const next = between(waits, edge + width, edge + 5 * width) / 4;
  if (near + next < sharpWaitsMin) return true;
  const isRound = rounded(waits[at] ?? 0, near) !== waits[at];
  const [underMax, steepMin] = isRound ? [0.25, 0.6] : [0.08, 0.85];
  return under <= underMax * near && near >= steepMin * next;
}

/**
 * The index of the steepest step at a round time, where many waits lie below. What rises on both
 * sides of it is a slope, no step.
 */
function narrowEdge(waits: Float64Array): number | null {
  let best: { at: number; score: number } | null = null;
  for (const minutes of roundMinutes)
    for (const share of [narrow - 1, 2 * (narrow - 1)]) {
      const edge = minutes * 60 * secondMs - graceMs;
      const width = Math.max(edge * share, 2 * graceMs);
      const count = (no: number) => between(waits, edge + no * width, edge + (no + 1) * width);
      const [before, below, above, after] = [count(-2), count(-1), count(0), count(1)];
      const slope = Math.max(0, below - before, after - above);
      if (above < narrowWaitsMin || above < narrowJumpMin * below) continue;
      const score = (above - below - 1.5 * slope) / Math.sqrt(above + below + 1);
      if (best === null || score > best.score) best = { at: lowerIndex(waits, edge), score };
    }
  return best === null || best.score < narrowScoreMin ? null : best.at;
}

const stepWidth = (edge: number): number => Math.max(edge * (narrow - 1), 2 * graceMs);

/** What lies just above an edge, and as far below. */
function step(waits: Float64Array, edge: number): { above: number; below: number } {
  const width = stepWidth(edge);
  return { above: between(waits, edge, edge + width), below: between(waits, edge - width, edge) };
}

const inBand = (waits: Float64Array, at: number): number =>
  between(waits, waits[at] ?? 0, (waits[at] ?? 0) * band);

const between = (waits: Float64Array, from: number, to: number): number =>
  lowerIndex(waits, to) - lowerIndex(waits, from);

/** The index of the first wait that is not below. */
function lowerIndex(waits: Float64Array, wait: number): number {
  let [from, to] = [0, waits.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((waits[middle] ?? 0) < wait) from = middle + 1;
    else to = middle;
  }
  return from;
}

function sampled(waits: Float64Array): number[] {
  const stride = Math.max(1, waits.length / 500);
  return Array.from({ length: Math.ceil(waits.length / stride) }, (_, no) =>
    Math.floor(no * stride),
  );
}

/** People set round times: the next one below, where the waits do not contradict it. */
function rounded(ms: number, waits: number): number {
  const slack = waits < 20 ? 0.05 : 0.02;
  const round = roundMinutes
    .map((minutes) => minutes * 60 * secondMs)
    .filter((at) => at <= ms + graceMs && ms - at <= ms * slack)
    .at(-1);
  return round ?? ms;
}
