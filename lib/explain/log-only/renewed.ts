/**
 * A process that begins where another one of its address has ended may be that one, under credentials that were
 * renewed: what it loads first, it may have held. A lease that still ran would have been kept, so an early load speaks
 * for a new process.
 */
import type { LoadFacts } from './load-facts.ts';
import { graceMs } from './lower-edge.ts';

/** What is in flight still goes out under the old name. */
const overlapMs = 2 * 60_000;

/** Whether a process's first load of a key may only renew what it held under another name. */
export function renewedOf({
  stream,
  history,
  edge,
}: Pick<LoadFacts, 'stream' | 'history' | 'edge'>): (index: number) => boolean {
  const { uses, contexts, processes, processNames } = stream;
  const spans = processNames.map(() => ({ from: 0, to: -1 }));
  for (const [index, { at }] of uses.entries()) {
    const span = spans[processes[index] ?? 0];
    if (span === undefined) continue;
    if (span.to === -1) span.from = at;
    span.to = at;
  }
  const last = new Map<string | null, Map<number, number>>();
  const found = new Set<number>();
  for (const [index, { at, sourceIp, errorCode }] of uses.entries()) {
    const context = contexts[index] ?? -1;
    if (context === -1 || errorCode !== null) continue;
    const held = last.get(sourceIp) ?? new Map<number, number>();
    last.set(sourceIp, held);
    const before = held.get(context);
    held.set(context, index);
    if (before === undefined || (history.before[index] ?? -1) !== -1) continue;
    const [other, own] = [spans[processes[before] ?? 0], spans[processes[index] ?? 0]];
    const follows = (other?.to ?? 0) <= (own?.from ?? 0) + overlapMs;
    const waited = at - (uses[before]?.at ?? at) + graceMs;
    if (follows && (edge === null || waited >= edge.ms)) found.add(index);
  }
  return (index) => found.has(index);
}
