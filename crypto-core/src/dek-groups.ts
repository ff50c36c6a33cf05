/** How the DEKs of several envelopes are looked up together. */
import type { Envelope } from './envelope.ts';

interface Placed {
  at: number;
  envelope: Envelope;
}

/** Envelopes of one header together, in the order in which the headers come. */
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

/** One after the other: where DEKs displace each other, the order of lookups decides which must be loaded. */
export async function inTurn<T>(work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const done: T[] = [];
  for (const one of work) done.push(await one());
  return done;
}

/** All at once; every one is awaited before any failure is thrown, so that none goes on unobserved. */
export async function together<T>(work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const running = work.map((one) => one());
  await Promise.allSettled(running);
  return Promise.all(running);
}
