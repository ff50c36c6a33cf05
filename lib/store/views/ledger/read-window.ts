import type { KeyFilter } from '../../../domain/key-filter.ts';
import type { WindowSum } from '../../../domain/window-facts.ts';
import { tupleKey } from '../../../shared/tuple-key.ts';
import type { Tx } from '../../connection/transaction.ts';
import { filtered, measuresLeft } from '../filtered.ts';
import { readTallies } from '../read-tallies.ts';

/**
 * Sums of every measure over `[from, to)` (epoch ms, whole minutes); events by principal, given as `process`. A call
 * whose telemetry is missing counts under any workspace and key: nobody knows its own. An event of several keys counts
 * under each, and once where no key is asked for.
 */
export async function readWindow(
  tx: Tx,
  { from, to, filter = {} }: { from: number; to: number; filter?: KeyFilter },
): Promise<WindowSum[]> {
  const { process, principal } = filter;
  const window = { from, to, bucketMs: null };
  const measures = measuresLeft(filter);
  const own =
    measures.length === 0
      ? []
      : await readTallies(tx, { ...window, ...filtered(filter), measures });
  const missing =
    principal === undefined
      ? await readTallies(tx, {
          ...window,
          ...filtered(process === undefined ? {} : { process }),
          keys: [''],
          measures: ['missing'],
        })
      : [];
  const sums = new Map<string, WindowSum>();
  for (const { measure: of, key, by, operation, label, n } of [...own, ...missing]) {
    const measure = of === 'events-also' ? 'events' : of;
    const whose = measure === 'events' ? by : '';
    const id = tupleKey(measure, key, whose, operation, label);
    const known = sums.get(id);
    if (known === undefined) sums.set(id, { measure, key, process: whose, operation, label, n });
    else known.n += n;
  }
  return [...sums.values()];
}
