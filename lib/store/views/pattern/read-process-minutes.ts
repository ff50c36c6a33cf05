import type { KeyFilter } from '../../../domain/key-filter.ts';
import type { Tx } from '../../connection/transaction.ts';
import { filtered } from '../filtered.ts';
import { visitTallies } from '../read-tallies.ts';

const minuteMs = 60_000;

/** A process's KMS calls in each minute of `[from, to)` (epoch ms, whole minutes). */
export async function readProcessMinutes(
  tx: Tx,
  query: { from: number; to: number; filter: KeyFilter & { process: string } },
): Promise<Float64Array> {
  const { from, to, filter } = query;
  const first = from / minuteMs;
  const minutes = new Float64Array(to / minuteMs - first);
  const place = { ...filtered(filter), measures: ['calls'] as const, bucketMs: minuteMs };
  await visitTallies(tx, { ...place, from, to }, () => (at, n) => {
    minutes[at - first] = (minutes[at - first] ?? 0) + n;
  });
  return minutes;
}
