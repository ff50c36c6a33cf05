/** KMS calls of DEKs under a TTL, by minute and with their lineage, from a seed. Times in minutes where not said. */
import type { Burst } from '../../lib/explain/pattern/find-bursts.ts';
import type { TracedCalls } from '../../lib/explain/pattern/load-chains.ts';
import {
  type SliceCalls,
  tracedCalls,
  traceSlices,
} from '../../lib/explain/pattern/trace-slices.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';

const minuteMs = 60_000;

export interface TracedCall {
  /** Epoch ms. */
  at: number;
  rootAt: number;
  rootCause: string;
  generation: number;
  /** Which DEK of its trace, from 0. */
  dek: number;
}

export interface EchoOptions {
  random: () => number;
  /** Epoch ms of the trace's first and last minute. */
  from: number;
  to: number;
  /** When every DEK is loaded, epoch ms. */
  rootAt: number;
  /** DEKs, each in one process. */
  deks: number;
  ttlMinutes?: number;
  /** Uses of each DEK an hour; 60 is one every minute. */
  usesPerHour: number;
  /** A random first lease, U(0, TTL]. */
  firstLease?: boolean;
  rootCause?: string;
}

/** Each DEK's loads: the next use after a lease ends, a Poisson wait away, makes the next. */
export function echoCalls(options: EchoOptions): TracedCall[] {
  const { random, to, rootAt, deks, usesPerHour, rootCause = 'load.first.cold-start' } = options;
  const ttlMs = (options.ttlMinutes ?? 60) * minuteMs;
  const calls: TracedCall[] = [];
  for (let dek = 0; dek < deks; dek += 1) {
    // A rollout reaches its processes within seconds of one another.
    let at = rootAt + random() * 20_000;
    const root = { rootAt: at, rootCause };
    for (let generation = 0; at < to; generation += 1) {
      if (at >= options.from) calls.push({ at, ...root, generation, dek });
      const first = generation === 0 && options.firstLease === true;
      const leaseMs = first ? (1 - random()) * ttlMs : ttlMs;
      at += leaseMs - Math.log(1 - random()) * ((60 * minuteMs) / usesPerHour);
    }
  }
  return calls;
}

/** Loads at random instants, each its own root: the background. */
export function poissonCalls(by: {
  random: () => number;
  from: number;
  to: number;
  perMinute: number;
}): TracedCall[] {
  const calls: TracedCall[] = [];
  let at = by.from;
  for (;;) {
    at -= Math.log(1 - by.random()) * (minuteMs / by.perMinute);
    if (at >= by.to) return calls;
    calls.push({ at, rootAt: at, rootCause: 'load.first', generation: 0, dek: calls.length });
  }
}

/** `n` loads within half a minute of each instant, each its own root. */
export function jobCalls(by: {
  random: () => number;
  instants: readonly number[];
  n: number;
  rootCause?: string;
}): TracedCall[] {
  return by.instants.flatMap((start) =>
    Array.from({ length: by.n }, (_, dek) => {
      const at = start + by.random() * 30_000;
      return { at, rootAt: at, rootCause: by.rootCause ?? 'load.reopened', generation: 0, dek };
    }),
  );
}

/** Counts by the minute of `[from, to)`. */
export function countsOf(
  calls: readonly TracedCall[],
  { from, to }: { from: number; to: number },
): { start: number; counts: Float64Array } {
  const counts = new Float64Array((to - from) / minuteMs);
  for (const { at } of calls) {
    const index = Math.floor((at - from) / minuteMs);
    if (index >= 0 && index < counts.length) counts[index] = (counts[index] ?? 0) + 1;
  }
  return { start: from, counts };
}

/** What the store tells of the bursts' calls, as far as it is asked to read them. */
export function tracedOf(
  calls: readonly TracedCall[],
  bursts: readonly Burst[],
  series: { start: number; counts: Float64Array },
): TracedCalls[] {
  const slices = traceSlices(bursts, series);
  const sorted = calls.toSorted((a, b) => a.at - b.at);
  const instants = Float64Array.from(sorted, ({ at }) => at);
  const rows = slices.flatMap(({ from, to, take }, slice): SliceCalls[] => {
    const inside = sorted.slice(firstFrom(instants, from), firstFrom(instants, to)).slice(0, take);
    const groups = Map.groupBy(inside, ({ rootAt, rootCause, generation }) =>
      tupleKey(Math.floor(rootAt / minuteMs), rootCause, generation),
    );
    return [...groups.values()].flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const { rootCause, generation } = first;
      const rootAt = Math.floor(first.rootAt / minuteMs) * minuteMs;
      const at = own.reduce((sum, call) => sum + call.at, 0) / own.length;
      return [{ slice, rootCause, rootAt, generation, at, n: own.length, read: inside.length }];
    });
  });
  return tracedCalls(slices, rows);
}

/** Index of the first instant not before `at`. */
function firstFrom(instants: Float64Array, at: number): number {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((instants[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
