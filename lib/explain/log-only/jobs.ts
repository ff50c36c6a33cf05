/** Scheduled work: a process that starts anew at a steady pace, asks for what it needs, and ends. */
import type { History } from './history.ts';
import { paceOf } from './probes.ts';
import type { Stream } from './streams.ts';

/** Uses further apart belong to different runs. */
const pauseMs = 10 * 60_000;
const runsMin = 4;
const usesMin = 5;
/** A job runs for at most this share of the time, and asks mostly for what its process never held. */
const busyMax = 0.3;
const newMin = 0.9;

/**
 * How many runs of a job the uses are; null where they are none. What one process asks for again at a pace is no job:
 * leases end at a pace too.
 */
export function jobRunsOf({ uses }: Stream, { before }: History): number | null {
  const runs: number[][] = [];
  for (const [index, { at }] of uses.entries()) {
    const run = runs.at(-1);
    const last = uses[run?.at(-1) ?? -1]?.at;
    if (run !== undefined && last !== undefined && at - last <= pauseMs) run.push(index);
    else runs.push([index]);
  }
  const atOf = (index: number | undefined) => uses[index ?? -1]?.at ?? 0;
  const spanMs = atOf(uses.length - 1) - atOf(0);
  const busyMs = runs.reduce((sum, run) => sum + atOf(run.at(-1)) - atOf(run[0]), 0);
  const anew = [...uses.keys()].filter((index) => before[index] === -1).length;
  const isJob =
    runs.length >= runsMin &&
    runs.every(({ length }) => length >= usesMin) &&
    busyMs <= busyMax * spanMs &&
    anew >= newMin * uses.length &&
    paceOf(
      runs.map((run) => atOf(run[0])),
      { runsMin, everyMsMax: 8 * 86_400_000 },
    ) !== null;
  return isJob ? runs.length : null;
}
