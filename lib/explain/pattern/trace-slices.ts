/**
 * Which calls of a burst to read so that its lineage is known: a few hundred tell whose echo it is. A burst is cut into
 * slices of time, each is read in part, and what is read stands for the slice's count, which the roll-ups know. Pure.
 */
import type { MinuteSeries } from '../spikes/detect-spikes.ts';
import type { Burst } from './find-bursts.ts';
import type { TracedCalls } from './load-chains.ts';

const minuteMs = 60_000;
/** A cohort trails off below what stands out: it is read on, twice the burst's width or so far at most. */
const trailMinutesMax = 20;
const slicesPerBurst = 10;
const callsPerBurst = 300;

export interface TraceSlice {
  burst: number;
  /** Epoch ms, `[from, to)`. */
  from: number;
  to: number;
  calls: number;
  /** Their mean instant, by the minute. */
  at: number;
  /** Calls to read, the first of the slice; all of them where that is `calls`. */
  take: number;
}

/** Calls of one slice that share a root's minute and cause, and a generation. */
export interface SliceCalls extends Omit<TracedCalls, 'burst'> {
  /** Index of the slice. */
  slice: number;
  /** Calls of the slice that were read, of whatever root. */
  read: number;
}

/** The slices of each burst, before the next one begins. */
export function traceSlices(bursts: readonly Burst[], series: MinuteSeries): TraceSlice[] {
  return bursts.flatMap((burst, index) => {
    const first = (burst.from - series.start) / minuteMs;
    const width = (burst.to - burst.from) / minuteMs;
    const next = bursts[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const end = Math.min(
      first + width + Math.min(trailMinutesMax, 2 * width),
      (next - series.start) / minuteMs,
      series.counts.length,
    );
    const step = Math.ceil((end - first) / slicesPerBurst);
    const slices: TraceSlice[] = [];
    for (let from = first; from < end; from += step) {
      const slice = sliceOf(series, { burst: index, from, to: Math.min(end, from + step) });
      if (slice.calls > 0) slices.push(slice);
    }
    const all = slices.reduce((sum, { calls }) => sum + calls, 0);
    const share = Math.min(1, callsPerBurst / all);
    return slices.map((slice) => ({ ...slice, take: Math.ceil(slice.calls * share) }));
  });
}

function sliceOf(
  { start, counts }: MinuteSeries,
  { burst, from, to }: { burst: number; from: number; to: number },
): TraceSlice {
  let [calls, weighted] = [0, 0];
  for (let index = from; index < to; index += 1) {
    calls += counts[index] ?? 0;
    weighted += (counts[index] ?? 0) * (index + 0.5);
  }
  const instant = (index: number) => start + index * minuteMs;
  const at = instant(calls > 0 ? weighted / calls : from);
  return { burst, from: instant(from), to: instant(to), calls, at, take: calls };
}

/** What was read, as calls of the bursts: of a slice read in part, scaled to its count and at its mean instant. */
export function tracedCalls(
  slices: readonly TraceSlice[],
  rows: readonly SliceCalls[],
): TracedCalls[] {
  return rows.flatMap(({ slice: index, read, n, at, ...row }) => {
    const slice = slices[index];
    if (slice === undefined || read === 0) return [];
    const { burst, calls, take } = slice;
    return take < calls
      ? [{ ...row, burst, at: slice.at, n: (n * calls) / read }]
      : [{ ...row, burst, at, n }];
  });
}
