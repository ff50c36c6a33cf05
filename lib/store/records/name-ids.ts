import { type Dimension, dimensions, intern } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';

/** The id of a name that was asked for. */
export type NameIds = (dimension: Dimension, name: string) => number;

/** Ids of all names that `ask` names; new ones are made, in one order, so that no two writers wait in a ring. */
export async function nameIds(
  tx: Tx,
  ask: (add: (dimension: Dimension, name: string | null) => void) => void,
): Promise<NameIds> {
  const asked = new Map<Dimension, Set<string>>();
  ask((dimension, name) => {
    if (name === null) return;
    const names = asked.get(dimension);
    if (names === undefined) asked.set(dimension, new Set([name]));
    else names.add(name);
  });
  const ids = new Map<Dimension, ReadonlyMap<string, number>>();
  for (const dimension of Object.keys(dimensions) as Dimension[]) {
    const names = asked.get(dimension);
    if (names !== undefined) ids.set(dimension, await intern(tx, dimension, names));
  }
  return (dimension, name) => {
    const id = ids.get(dimension)?.get(name);
    if (id === undefined) throw new Error(`no id of a ${dimension}`);
    return id;
  };
}
