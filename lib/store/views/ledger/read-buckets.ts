import { useStates } from '../../../domain/fates.ts';
import type { ExplainFilter } from '../../../shared/dto.ts';
import { tupleKey } from '../../../shared/tuple-key.ts';
import type { Tx } from '../../connection/transaction.ts';
import { filtered, measuresLeft } from '../filtered.ts';
import { readTallies, type TallySum } from '../read-tallies.ts';

export interface BucketSum {
  start: number;
  measure: 'messages' | 'calls';
  label: string;
  n: number;
}

interface BucketQuery {
  from: number;
  to: number;
  bucketMs: number;
  filter: ExplainFilter;
}

/**
 * Messages, and KMS calls by cause, in buckets of `bucketMs` over `[from, to)` (epoch ms); empty ones are absent.
 * Neither belongs to a principal.
 */
export async function readBuckets(tx: Tx, query: BucketQuery): Promise<BucketSum[]> {
  const measures = measuresLeft(query.filter, ['messages', 'calls']);
  if (measures.length === 0) return [];
  const sums = await readTallies(tx, { ...query, ...filtered(query.filter), measures });
  return summed(sums, ({ measure, label }) =>
    measure === 'messages' ? { measure, label } : { measure: 'calls', label },
  );
}

/** The log's uses of key material in such buckets: their causes are told by single events only. */
export async function readUseBuckets(tx: Tx, query: BucketQuery): Promise<BucketSum[]> {
  const measures = measuresLeft(query.filter, ['events']);
  if (measures.length === 0) return [];
  const sums = await readTallies(tx, { ...query, ...filtered(query.filter), measures });
  const uses = sums.filter(({ label }) => useStates.has(label));
  return summed(uses, () => ({ measure: 'calls', label: 'unknown' }));
}

function summed(
  sums: readonly TallySum[],
  as: (sum: TallySum) => Pick<BucketSum, 'measure' | 'label'>,
): BucketSum[] {
  const buckets = new Map<string, BucketSum>();
  for (const sum of sums) {
    const bucket = { start: sum.at, ...as(sum), n: sum.n };
    const id = tupleKey(bucket.start, bucket.measure, bucket.label);
    const known = buckets.get(id);
    if (known === undefined) buckets.set(id, bucket);
    else known.n += bucket.n;
  }
  return [...buckets.values()].sort((a, b) => a.start - b.start);
}
