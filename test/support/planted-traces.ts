/**
 * Minute counts of real traffic with bursts planted in it. A recorded workload's requests are folded into two weeks
 * and laid over themselves, each copy moved by whole days and up to two hours, until its quietest hour has the rate
 * wanted: the day's wave, and requests that come in clumps, stay as they were recorded.
 */
import { randomOf } from './simulated-counts.ts';
import type { WorkloadRequest } from './workload-requests.ts';

const burstKinds = ['deploy', 'scan', 'stranger'] as const;
export type BurstKind = (typeof burstKinds)[number];

export interface PlantedBurst {
  kind: BurstKind;
  /** Its minutes, `[from, to)`. */
  from: number;
  to: number;
}

export interface PlantedTrace {
  counts: Float64Array;
  /** By cause, or `stranger`; they sum to `counts`. */
  parts: Map<string, Float64Array>;
  bursts: PlantedBurst[];
}

export interface PlantSetting {
  /** Requests a minute that the quietest hour has at least. */
  quietestRate: number;
  /** A burst's rate, as a multiple of the local one. */
  times: number;
  bursts: number;
}

const minuteMs = 60_000;
const dayMinutes = 1_440;
export const traceDays = 14;
const minutes = traceDays * dayMinutes;
const strayMinutes = 120;
const burstMinutes = 5;
const apartMinutes = 150;
const settledMinutes = 240;
/** How a burst's requests spread over its minutes. A release starts its processes one after the other. */
const shapes: Record<BurstKind, readonly number[]> = {
  deploy: [0.4, 0.25, 0.15, 0.1, 0.1],
  scan: [0.2, 0.2, 0.2, 0.2, 0.2],
  stranger: [0.2, 0.2, 0.2, 0.2, 0.2],
};
const causes: Record<BurstKind, string> = {
  deploy: 'load.first.cold-start',
  scan: 'load.first.historical',
  stranger: 'stranger',
};

export function plantedTrace(
  requests: readonly WorkloadRequest[],
  setting: PlantSetting,
  seed: number,
): PlantedTrace {
  const random = randomOf(seed);
  const trace = laidOver(requests, setting.quietestRate, random);
  const bursts: PlantedBurst[] = [];
  while (bursts.length < setting.bursts) {
    const from = settledMinutes + Math.floor(random() * (minutes - settledMinutes - apartMinutes));
    if (bursts.some((other) => Math.abs(other.from - from) < apartMinutes)) continue;
    const kind = burstKinds[bursts.length % burstKinds.length] ?? 'scan';
    bursts.push({ kind, from, to: from + burstMinutes });
  }
  const local = bursts.map(({ from }) => rateAbout(trace.counts, from));
  for (const [number, { kind, from }] of bursts.entries())
    for (const [minute, share] of shapes[kind].entries()) {
      const more = (setting.times - 1) * burstMinutes * share * (local[number] ?? 0);
      add(trace, { minute: from + minute, cause: causes[kind], n: poisson(more, random) });
    }
  return { ...trace, bursts };
}

type Counted = Pick<PlantedTrace, 'counts' | 'parts'>;

function laidOver(
  requests: readonly WorkloadRequest[],
  quietestRate: number,
  random: () => number,
): Counted {
  const trace: Counted = { counts: new Float64Array(minutes), parts: new Map() };
  while (quietestHour(trace.counts) < quietestRate * 60) {
    const days = Math.floor(random() * traceDays);
    const shift = days * dayMinutes + Math.floor((2 * random() - 1) * strayMinutes);
    for (const { at, cause } of requests) {
      const minute = (Math.floor(at / minuteMs) + shift + minutes) % minutes;
      add(trace, { minute, cause, n: 1 });
    }
  }
  return trace;
}

function add(
  { counts, parts }: Counted,
  { minute, cause, n }: { minute: number; cause: string; n: number },
): void {
  let part = parts.get(cause);
  if (part === undefined) {
    part = new Float64Array(minutes);
    parts.set(cause, part);
  }
  counts[minute] = (counts[minute] ?? 0) + n;
  part[minute] = (part[minute] ?? 0) + n;
}

function quietestHour(counts: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let from = 0; from < minutes; from += 60)
    least = Math.min(least, sum(counts.subarray(from, from + 60)));
  return least;
}

/** Mean a minute of the hour about. */
function rateAbout(counts: Float64Array, minute: number): number {
  return sum(counts.subarray(minute - 30, minute + 30)) / 60;
}

const sum = (counts: Float64Array): number => counts.reduce((all, n) => all + n, 0);

/** In steps of at most 500, so that no power of e runs out. */
function poisson(mean: number, random: () => number): number {
  let count = 0;
  for (let left = mean; left > 0; left -= 500) {
    const limit = Math.exp(-Math.min(500, left));
    for (let product = random(); product > limit; product *= random()) count += 1;
  }
  return count;
}
