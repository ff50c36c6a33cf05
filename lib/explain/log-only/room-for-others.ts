/** What a full cache pushes out makes room for something else: a key asked for twice in a row was not pushed out. */
import type { History } from './history.ts';
import { type Edge, graceMs } from './lower-edge.ts';
import type { Stream } from './streams.ts';

const mostShare = 0.5;
const inRowMax = 0.1;

/** Whether most waits lie below an edge though nothing had to make room: no cache, or not one alone, does that. */
export function needsNoRoom({ uses, processes }: Stream, { before }: History, edge: Edge): boolean {
  if (edge.below <= mostShare) return false;
  const lastOf = new Map<number, number>();
  let [early, inRow] = [0, 0];
  for (const [index, { at }] of uses.entries()) {
    const process = processes[index] ?? 0;
    const last = lastOf.get(process);
    lastOf.set(process, index);
    const own = before[index] ?? -1;
    if (own === -1 || at - (uses[own]?.at ?? 0) + graceMs >= edge.ms) continue;
    early += 1;
    if (own === last) inRow += 1;
  }
  return inRow > inRowMax * early;
}
