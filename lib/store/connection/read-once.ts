/** What was read in each snapshot, by name. */
const snapshots = new WeakMap<object, Map<string, Promise<unknown>>>();

/** From now on nothing that `tx` reads can change. */
export const beginSnapshot = (tx: object): void => void snapshots.set(tx, new Map());

/** Reads what goes by `name` once in a snapshot, for all who ask; elsewhere each time. */
export function readOnce<T>(tx: object, name: string, read: () => Promise<T>): Promise<T> {
  const known = snapshots.get(tx);
  const found = known?.get(name) ?? read();
  known?.set(name, found);
  // A name is one reader's own, which this is called by.
  return found as Promise<T>;
}
