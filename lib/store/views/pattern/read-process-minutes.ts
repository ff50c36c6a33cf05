import type { ExplainFilter } from '../../../shared/dto.ts';
import type { Tx } from '../../connection/transaction.ts';
import { filtered } from '../filtered.ts';
import { visitTallies } from '../read-tallies.ts';

const minuteMs = 60_000;

/** A process's KMS calls in each minute of `[from, to)` (epoch ms) that has any. */
export async function readProcessMinutes(
  tx: Tx,
  query: { from: number; to: number; filter: ExplainFilter & { process: string } },
): Promise<{ minute: number; n: number }[]> {
  const { from, to, filter } = query;
  const minutes = new Map<number, number>();
  const place = { ...filtered(filter), measures: ['calls'] as const, bucketMs: minuteMs };
  await visitTallies(tx, { ...place, from, to }, ({ at, n }) => {
    minutes.set(at, (minutes.get(at) ?? 0) + n);
  });
  return [...minutes].flatMap(([at, n]) => (n > 0 ? [{ minute: at * minuteMs, n }] : []));
}
