import { addTo } from '../../../shared/counts.ts';
import type { Tx } from '../../connection/transaction.ts';
import { readTallies } from '../read-tallies.ts';

/** How many events of `[from, to)` (epoch ms) each key has, most first; one of two keys counts for each. */
export async function readKeyEvents(
  tx: Tx,
  { from, to }: { from: number; to: number },
): Promise<{ key: string | null; events: number }[]> {
  const measures = ['events', 'events-also'] as const;
  const sums = new Map<string, number>();
  for (const { key, n } of await readTallies(tx, {
    from,
    to,
    cut: 'all',
    measures,
    bucketMs: null,
  }))
    addTo(sums, key, n);
  return [...sums]
    .sort(([a, n], [b, other]) => other - n || (a < b ? -1 : 1))
    .map(([key, events]) => ({ key: key === '' ? null : key, events }));
}
