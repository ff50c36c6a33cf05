/**
 * The period at which load cohorts repeat, by Rayleigh's z = |Σe^{2πit/P}|²/n over a grid of P. A cohort counts once,
 * however many calls it has: its calls are not independent. Each deploy starts its echo anew, so phases are compared
 * only within one chain, or within a day where chains are unknown. Fisher's method combines the chains' chances; the
 * result is corrected for every period tried.
 */
import { logCombined, logRayleighTail } from './rayleigh-tail.ts';

export interface LoadCohort {
  /** Mean instant of its calls, epoch ms. */
  at: number;
  /** The chain it belongs to by lineage; null where unknown. */
  chain: string | null;
}

export interface FoundPeriod {
  foundMs: number;
  z: number;
  pValue: number;
  /** Cohorts that took part. */
  cohorts: number;
  confirmed: boolean;
  /** Shortest period first. */
  spectrum: { periodMs: number; z: number }[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const periodSetting = {
  /** Minute counts tell nothing shorter. */
  periodMsMin: 4 * minuteMs,
  periodMsMax: 6 * hourMs,
  /** Phases are compared over this long at most. */
  coherenceMs: 24 * hourMs,
  /** How often a period must fit between the first and the last cohort of a chain. */
  cyclesMin: 1.9,
  /** How many cohorts a chain, and all chains together, must have. */
  chainMin: 3,
  cohortsMin: 4,
  /** Grid points within the width of a peak. */
  oversampling: 4,
  pointsMax: 400,
  /** A multiple of the best period is taken as the fundamental if its z is at least this share of the best. */
  harmonicShare: 0.8,
} as const;

const { periodMsMin, periodMsMax, cyclesMin, oversampling } = periodSetting;
const multiplesMax = 8;
/** Standard deviation of an instant known to the minute: instants on whole minutes are in step by rounding alone. */
const blurMs = minuteMs / Math.sqrt(12);

/** Instants of one chain after its first, ascending. */
type Chain = readonly number[];

interface Power {
  /** |Σ|² over n, summed over the chains long enough for this period. */
  z: number;
  logP: number;
}

/** Null where there are too few cohorts to tell. */
export function findPeriod(cohorts: readonly LoadCohort[]): FoundPeriod | null {
  const chains = chainsOf(cohorts);
  const used = chains.reduce((all, { length }) => all + length, 0);
  const longest = chains.reduce((most, chain) => Math.max(most, lastOf(chain)), 0);
  const lowest = 1 / Math.min(periodMsMax, longest / cyclesMin);
  const highest = 1 / periodMsMin;
  if (used < periodSetting.cohortsMin || !(lowest < highest)) return null;
  const step = 1 / (oversampling * longest);
  const tries = Math.floor((highest - lowest) / step) + 1;
  const grid = Array.from({ length: tries }, (_, index) => {
    const frequency = lowest + index * step;
    return { frequency, ...powerAt(chains, frequency) };
  });
  const best = grid.reduce((most, one) => (one.logP < most.logP ? one : most));
  const frequency = fundamental(chains, { ...best, step, lowest });
  const { z, logP } = powerAt(chains, frequency);
  const foundMs = 1 / frequency;
  return {
    foundMs,
    z,
    pValue: -Math.expm1(tries * Math.log1p(-Math.min(1, Math.exp(logP)))),
    cohorts: used,
    confirmed: lagPeaks(chains, foundMs),
    spectrum: chartOf([...grid, { frequency, z }]),
  };
}

function chainsOf(cohorts: readonly LoadCohort[]): Chain[] {
  const sorted = cohorts.toSorted((a, b) => a.at - b.at);
  const named = Map.groupBy(sorted, ({ chain }) => chain);
  return [...named.values()].flatMap((own) => {
    const instants = own.map(({ at }) => at);
    const first = instants[0] ?? 0;
    const parts = Map.groupBy(instants, (at) =>
      Math.floor((at - first) / periodSetting.coherenceMs),
    );
    return [...parts.values()]
      .filter(({ length }) => length >= periodSetting.chainMin)
      .map((part) => part.map((at) => at - (part[0] ?? 0)));
  });
}

const lastOf = (chain: Chain): number => chain.at(-1) ?? 0;

function powerAt(chains: readonly Chain[], frequency: number): Power {
  const lengthMax = 1 - (2 * Math.PI * frequency * blurMs) ** 2 / 2;
  let [squares, cohorts, tests, sum] = [0, 0, 0, 0];
  for (const chain of chains) {
    if (lastOf(chain) * frequency < cyclesMin * (1 - 1e-9)) continue;
    let [real, imaginary] = [0, 0];
    for (const at of chain) {
      const angle = 2 * Math.PI * ((at * frequency) % 1);
      real += Math.cos(angle);
      imaginary += Math.sin(angle);
    }
    const square = real ** 2 + imaginary ** 2;
    squares += square;
    cohorts += chain.length;
    tests += 1;
    sum -= logRayleighTail(chain.length, Math.min(lengthMax, Math.sqrt(square) / chain.length));
  }
  return { z: cohorts === 0 ? 0 : squares / cohorts, logP: logCombined(tests, sum) };
}

/** Events in step at P are in step at P/2 too: take the longest multiple that fits about as well. */
function fundamental(
  chains: readonly Chain[],
  best: Power & { frequency: number; step: number; lowest: number },
): number {
  const { z, step, lowest } = best;
  let found = peakNear(chains, best.frequency, step);
  let multiple = 2;
  while (multiple <= multiplesMax && found / multiple >= lowest) {
    const peak = peakNear(chains, found / multiple, step);
    const isFull = powerAt(chains, peak).z >= periodSetting.harmonicShare * z;
    if (isFull) found = peak;
    multiple = isFull ? 2 : multiple + 1;
  }
  return found;
}

/** Where z is highest within a grid step, by ever finer steps. */
function peakNear(chains: readonly Chain[], frequency: number, step: number): number {
  let peak = frequency;
  let most = powerAt(chains, peak).z;
  for (let finer = step / 2; finer > step / 1_000; finer /= 2) {
    for (const other of [peak - finer, peak + finer]) {
      const { z } = powerAt(chains, other);
      if (z > most) [peak, most] = [other, z];
    }
  }
  return peak;
}

/**
 * Whether more cohorts follow each other at this distance than at any distance near it: the autocorrelation peaks here.
 */
function lagPeaks(chains: readonly Chain[], lagMs: number): boolean {
  const near = Math.max(minuteMs, lagMs / 25);
  const lags = chains.flatMap((chain) =>
    chain.flatMap((later, index) => chain.slice(0, index).map((earlier) => later - earlier)),
  );
  const pairsAt = (lag: number) => lags.filter((one) => Math.abs(one - lag) <= near).length;
  const here = pairsAt(lagMs);
  if (here < 2) return false;
  for (let off = 2.5 * near; off <= lagMs / 2; off += near)
    if (pairsAt(lagMs - off) >= here || pairsAt(lagMs + off) >= here) return false;
  return true;
}

/** The highest z in each of at most `pointsMax` stretches of the period axis, evenly wide in ratio. */
function chartOf(grid: readonly { frequency: number; z: number }[]): FoundPeriod['spectrum'] {
  const width = Math.log(periodMsMax / periodMsMin) / (periodSetting.pointsMax - 2);
  const stretches = Map.groupBy(grid, ({ frequency }) =>
    Math.round(Math.log(1 / (frequency * periodMsMin)) / width),
  );
  return [...stretches.values()]
    .map((own) => own.reduce((most, one) => (one.z > most.z ? one : most)))
    .map(({ frequency, z }) => ({ periodMs: 1 / frequency, z }))
    .sort((a, b) => a.periodMs - b.periodMs);
}
