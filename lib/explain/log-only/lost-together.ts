/**
 * A deploy as the log shows it: most processes present ask at once for much of what they held, far more than at other
 * times. What a full cache or a short lease loses, each process loses by itself. One pass over the log.
 */
import type { Stream } from './streams.ts';

/** A key asked for again before its TTL. */
export interface Early {
  index: number;
  at: number;
}

const deployMs = 3 * 60_000;
const keysMin = 4;
/** How many times what a process asks early at other times. */
const times = 5;
const processesMin = 2;
const shareMin = 0.5;

/** Indexes of the early loads that a deploy explains. `early` is by process, each in order of time. */
export function lostTogether(
  { uses, processes }: Stream,
  { early, ttlMs }: { early: ReadonlyMap<number, readonly Early[]>; ttlMs: number },
): Set<number> {
  const inOrder = [...early.values()].flat().sort((a, b) => a.index - b.index);
  const spanMs = Math.max(ttlMs, (uses.at(-1)?.at ?? 0) - (uses[0]?.at ?? 0));
  const much = (process: number) =>
    Math.max(keysMin, (times * (early.get(process)?.length ?? 0) * deployMs) / spanMs);
  const processOf = ({ index }: Early) => processes[index] ?? 0;
  const within = new Tally(much);
  const there = new Tally(() => 1);
  const found = new Set<number>();
  let [to, first, next] = [0, 0, 0];
  for (let from = 0; from < inOrder.length; ) {
    const { index, at } = inOrder[from] ?? { index: 0, at: 0 };
    for (; to < inOrder.length && (inOrder[to]?.at ?? 0) < at + deployMs; to += 1)
      within.count(processes[inOrder[to]?.index ?? 0] ?? 0, 1);
    for (; next <= index; next += 1) there.count(processes[next] ?? 0, 1);
    for (; (uses[first]?.at ?? at) < at - ttlMs; first += 1) there.count(processes[first] ?? 0, -1);
    const isDeploy = within.reached >= processesMin && within.reached >= shareMin * there.reached;
    const until = isDeploy ? to : from + 1;
    if (isDeploy)
      for (const one of inOrder.slice(from, to))
        if (within.hasReached(processOf(one))) found.add(one.index);
    for (; from < until; from += 1) {
      const left = inOrder[from];
      if (left !== undefined) within.count(processOf(left), -1);
    }
  }
  return found;
}

/** Counts by process in a moving window, and how many processes have reached what is much for them. */
class Tally {
  readonly #much: (process: number) => number;
  readonly #counts = new Map<number, number>();
  reached = 0;

  constructor(much: (process: number) => number) {
    this.#much = much;
  }

  count(process: number, by: 1 | -1): void {
    const before = this.hasReached(process);
    this.#counts.set(process, (this.#counts.get(process) ?? 0) + by);
    this.reached += Number(this.hasReached(process)) - Number(before);
  }

  hasReached(process: number): boolean {
    return (this.#counts.get(process) ?? 0) >= this.#much(process);
  }
}
