/** How `decryptMany` looks up the DEKs of several envelopes. */
import type { Envelope } from './envelope.ts';

interface Placed {
  at: number;
  envelope: Envelope;
}

/** Groups envelopes by header, in the order in which the headers first come. */
export function groupByDek(envelopes: readonly Envelope[]): [Placed, ...Placed[]][] {
  const groups = new Map<string, [Placed, ...Placed[]]>();
  for (const [at, envelope] of envelopes.entries()) {
    const header = envelope.header.toString('latin1');
    const group = groups.get(header);
    if (group === undefined) groups.set(header, [{ at, envelope }]);
    else group.push({ at, envelope });
  }
  return [...groups.values()];
}

/** One after the other: if DEKs evict each other, the order of lookups decides which are loaded. */
export async function inTurn<T>(work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const done: T[] = [];
  for (const one of work) done.push(await one());
  return done;
}

/** All at once. A failure is thrown only after all have ended, so that none runs on unnoticed. */
export async function together<T>(work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const running = work.map((one) => one());
  await Promise.allSettled(running);
  return Promise.all(running);
}
