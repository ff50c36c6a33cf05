/**
 * Where a process loads key after key without one coming twice, longer and faster than it usually does: a cache that
 * was emptied does so until it is full. A full one soon loads again what it has just pushed out.
 */
import type { LoadFacts } from './load-facts.ts';

/** How much faster, and how much longer times how much faster. */
const speedMin = 1.3;
const timesMin = 2.2;

/** Whether a load, or the wait that ends with it, may have part in such a run of its process. */
export function freshRunsOf(
  { stream, history }: Pick<LoadFacts, 'stream' | 'history'>,
  process: number,
): (index: number) => boolean {
  const own = [...stream.uses.keys()].filter(
    (index) => stream.processes[index] === process && (stream.contexts[index] ?? -1) !== -1,
  );
  const begins = beginsOf(own.map((index) => stream.contexts[index] ?? -1));
  const atOf = (place: number) => stream.uses[own[place] ?? 0]?.at ?? 0;
  const lengths = Float64Array.from(begins, (from, place) => place - from + 1);
  const speeds = lengths.map(
    (length, place) => (length - 1) / Math.max(1, atOf(place) - atOf(begins[place] ?? 0)),
  );
  const usual = { length: middleOf(lengths), speed: middleOf(speeds) };
  const runs: { from: number; until: number }[] = [];
  for (const [place, from] of begins.entries()) {
    if ((begins[place + 1] ?? own.length) <= from) continue;
    const faster = (speeds[place] ?? 0) / usual.speed;
    const longer = (lengths[place] ?? 0) / usual.length;
    if (!(faster >= speedMin && longer * faster >= timesMin)) continue;
    // What is seldom used is asked for only when the cache is full again.
    const until = own[2 * place - from + 1] ?? stream.uses.length;
    runs.push({ from: own[from] ?? 0, until });
  }
  return (index) => {
    const before = history.before[index] ?? index;
    return runs.some(({ from, until }) => before < from && from <= index && index <= until);
  };
}

/** For each of a row of numbers, where the longest run without a repeat that ends with it begins. */
function beginsOf(row: readonly number[]): Int32Array {
  const lastOf = new Map<number, number>();
  let begin = 0;
  return Int32Array.from(row, (one, place) => {
    begin = Math.max(begin, (lastOf.get(one) ?? -1) + 1);
    lastOf.set(one, place);
    return begin;
  });
}

const middleOf = (values: Float64Array): number =>
  Float64Array.from(values).sort()[values.length >> 1] ?? 0;
