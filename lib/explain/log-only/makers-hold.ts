/** Whether who made a key keeps it for reading too, as its own loads tell beside those of others. */
import type { LoadFacts } from './load-facts.ts';
import { graceMs } from './lower-edge.ts';

/** So many of a maker's loads would come before a TTL has passed, if it kept nothing. */
const expectedMin = 5;
const shareMax = 0.25;

/** True where others load young keys far more often than their makers do; where there are no others, too. */
export function makersHold({ stream, history, edge }: LoadFacts): boolean {
  if (edge === null) return false;
  const soon = (wait: number) => wait + graceMs < edge.ms;
  const atOf = (index: number | undefined) => stream.uses[index ?? 0]?.at ?? 0;
  let [all, young] = [0, 0];
  for (const [context, loads] of history.loads.entries()) {
    const [made] = history.makings[context] ?? [];
    if (made === undefined) continue;
    for (const load of loads) {
      if ((history.before[load] ?? -1) !== -1 || load < made) continue;
      all += 1;
      if (soon(atOf(load) - atOf(made))) young += 1;
    }
  }
  if (all === 0) return true;
  const expected = (young / all) * history.makerWaitsMs.length;
  return expected >= expectedMin && history.makerWaitsMs.filter(soon).length <= shareMax * expected;
}
