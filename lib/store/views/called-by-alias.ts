import type { Tx } from '../connection/transaction.ts';
import { readAliases } from './key-names.ts';
import { readTallies } from './read-tallies.ts';

/** Keys by the log's name whose calls in `[from, to)` (epoch ms, whole minutes) telemetry tells by an alias. */
export async function calledByAlias(
  tx: Tx,
  { from, to }: { from: number; to: number },
): Promise<ReadonlySet<string>> {
  const known = await readAliases(tx);
  if (known.length === 0) return new Set();
  const keys = known.map(({ alias }) => alias);
  const sums = await readTallies(tx, {
    ...{ from, to, keys, cut: 'all', measures: ['calls'], bucketMs: null },
  });
  const called = new Set(sums.map(({ key }) => key));
  return new Set(known.flatMap(({ key, alias }) => (called.has(alias) ? [key] : [])));
}
