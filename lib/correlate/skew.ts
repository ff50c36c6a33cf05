/**
 * How far a log's clock is from ours, and whose events are ours, both learnt from when things happened. For logs that
 * have neither request ids nor claims, but times to the millisecond. Pure, and independent of the order given.
 */
import type { TimedAttempt, TimedEvent } from './timed.ts';

/** A request is noted soon after it was sent: of one that took long, nobody knows why it did. */
export const soonMs = 100;
const binMs = 20;
const skewMsMax = 2_000;
/** Fewer pairs tell nothing. */
const pairsMin = 20;
/** Each event has but one attempt near the skew, others lie anywhere. */
const shareMin = 0.5;

type Attempt = Pick<TimedAttempt, 'sentAt' | 'endedAt' | 'ok'>;
type Event = Pick<TimedEvent, 'at' | 'resolutionMs' | 'ok'>;

/** When an attempt's event is to be expected. */
export const expectedAt = ({ sentAt, endedAt }: Pick<Attempt, 'sentAt' | 'endedAt'>): number =>
  sentAt + Math.min(endedAt - sentAt, soonMs) / 2;

/** Ms by which the log's clock is ahead of ours; null where too little tells. */
export function learnSkew(attempts: readonly Attempt[], events: readonly Event[]): number | null {
  const fine = events.filter(({ resolutionMs }) => resolutionMs < binMs);
  if (fine.length < Math.max(pairsMin, events.length)) return null;
  const inTime = [...attempts].sort((a, b) => expectedAt(a) - expectedAt(b));
  const bins = new Map<number, number[]>();
  for (const { at, ok } of fine) {
    for (const attempt of near(inTime, at, skewMsMax)) {
      if (attempt.ok !== null && attempt.ok !== ok) continue;
      const apart = at - expectedAt(attempt);
      const bin = Math.floor(apart / binMs);
      bins.set(bin, [...(bins.get(bin) ?? []), apart]);
    }
  }
  const count = (bin: number) => bins.get(bin)?.length ?? 0;
  // A skew at the edge of two bins is in both.
  const best = [...bins.keys()].sort(
    (a, b) => count(b) + count(b + 1) - count(a) - count(a + 1) || Math.abs(a) - Math.abs(b),
  )[0];
  if (best === undefined) return null;
  const found = [...(bins.get(best) ?? []), ...(bins.get(best + 1) ?? [])].sort((a, b) => a - b);
  if (found.length < Math.max(pairsMin, shareMin * Math.min(fine.length, attempts.length)))
    return null;
  return found[Math.floor(found.length / 2)] ?? null;
}

/** Of sorted ones those expected within `reachMs` of an instant. */
function near(inTime: readonly Attempt[], at: number, reachMs: number): readonly Attempt[] {
  return inTime.slice(lowerBound(inTime, at - reachMs), lowerBound(inTime, at + reachMs + 1));
}

function lowerBound(inTime: readonly Attempt[], at: number): number {
  let [low, high] = [0, inTime.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = inTime[middle];
    if (one !== undefined && expectedAt(one) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Times at which nobody's events are: what falls into attempts there does so by chance. */
const chanceShiftsMs = [-4_111, -3_307, -2_503, 2_617, 3_413, 4_219];
const hitShareMin = 0.9;
/** The odds against chance, as a natural logarithm. */
const oddsMin = 20;
const slackMs = 5;
const underWayMsMax = 60_000;

/** A log of whole seconds has as many instants as seconds: what fell into one tells once. */
const grainMsMax = 1_000;

/**
 * Whether a caller's events are attempts of ours: nearly all happen while one is under way, far more than would by
 * chance. Where attempts are under way nearly all the time, nothing can be told, and it is false.
 */
export function areOurs(attempts: readonly Attempt[], events: readonly Event[]): boolean {
  const grainMs = events.reduce((most, { resolutionMs }) => Math.max(most, resolutionMs), 0);
  const isFine = grainMs < binMs;
  const instants = isFine ? events : [...new Map(events.map((one) => [one.at, one])).values()];
  if (instants.length < pairsMin || grainMs > grainMsMax) return false;
  // Whole seconds tell no skew; a clock that is off by more than they hide makes the caller nobody known.
  const skewMs = isFine ? learnSkew(attempts, events) : 0;
  if (skewMs === null) return false;
  const widthMs = isFine ? 0 : grainMs - 1;
  const inTime = [...attempts].sort((a, b) => expectedAt(a) - expectedAt(b));
  const hits = (shiftMs: number) =>
    instants.filter((event) => {
      const at = event.at - skewMs - shiftMs;
      return near(inTime, at, underWayMsMax).some(
        ({ sentAt, endedAt, ok }) =>
          sentAt - slackMs <= at + widthMs &&
          at <= endedAt + slackMs &&
          (ok === null || ok === event.ok),
      );
    }).length;
  const own = hits(0) / instants.length;
  const chance = chanceShiftsMs.reduce((sum, shift) => sum + hits(shift), 0);
  const byChance = Math.max(1, chance) / (chanceShiftsMs.length * instants.length);
  const odds = instants.length * divergence(own, byChance);
  return own >= hitShareMin && own > byChance && odds >= oddsMin;
}

/** How much likelier a share is than another one, as a natural logarithm for each that was drawn. */
function divergence(share: number, other: number): number {
  const part = (own: number, its: number) => (own === 0 ? 0 : own * Math.log(own / its));
  return part(share, other) + part(1 - share, 1 - other);
}
