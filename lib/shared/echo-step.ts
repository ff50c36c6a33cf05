import type { EchoStep } from './spike-view.ts';

/** Ms from one generation to the next; null where nothing has echoed yet. */
export function echoStepMs(chain: readonly EchoStep[]): number | null {
  const sorted = chain.toSorted((a, b) => a.generation - b.generation);
  const [root, last] = [sorted[0], sorted.at(-1)];
  if (!root || !last || last.generation === root.generation) return null;
  return (last.from - root.from) / (last.generation - root.generation);
}
