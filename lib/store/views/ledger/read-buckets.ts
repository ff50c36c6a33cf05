import { useStates } from '../../../domain/fates.ts';
import type { KeyFilter } from '../../../domain/key-filter.ts';
import { tupleKey } from '../../../shared/tuple-key.ts';
import type { Tx } from '../../connection/transaction.ts';
import type { Measure } from '../../rollups/description.ts';
import type { LabelOf } from '../../rollups/tally-query.ts';
import { filtered, measuresLeft } from '../filtered.ts';
import { visitTallies } from '../read-tallies.ts';

const minuteMs = 60_000;

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
  filter: KeyFilter;
}

/**
 * Messages, and KMS calls by cause, in buckets of `bucketMs` over `[from, to)` (epoch ms); empty ones are absent.
 * Neither belongs to a principal.
 */
export function readBuckets(tx: Tx, query: BucketQuery): Promise<BucketSum[]> {
  const measures = measuresLeft(query.filter, ['messages', 'calls']);
  return bucketSums(tx, { ...query, measures }, ({ measure, label }) =>
    measure === 'messages' ? { measure, label } : { measure: 'calls', label },
  );
}

/** The log's uses of key material in such buckets: their causes are told by single events only. */
export function readUseBuckets(tx: Tx, query: BucketQuery): Promise<BucketSum[]> {
  const measures = measuresLeft(query.filter, ['events']);
  return bucketSums(tx, { ...query, measures }, ({ label }) =>
    useStates.has(label) ? { measure: 'calls', label: 'unknown' } : null,
  );
}

type Named = Pick<BucketSum, 'measure' | 'label'>;

interface Series {
  named: Named;
  /** By the bucket's start, in minutes. */
  sums: Map<number, number>;
}

async function bucketSums(
  tx: Tx,
  { filter, ...query }: BucketQuery & { measures: readonly Measure[] },
  as: (of: LabelOf) => Named | null,
): Promise<BucketSum[]> {
  if (query.measures.length === 0) return [];
  const byName = new Map<string, Series>();
  const byLabel = new Map<number, Series | null>();
  const seriesOf = (of: LabelOf): Series | null => {
    const named = as(of);
    if (named === null) return null;
    const name = tupleKey(named.measure, named.label);
    const series = byName.get(name) ?? { named, sums: new Map<number, number>() };
    byName.set(name, series);
    return series;
  };
  await visitTallies(tx, { ...query, ...filtered(filter) }, ({ label }, of) => {
    let series = byLabel.get(label);
    if (series === undefined) {
      series = seriesOf(of);
      byLabel.set(label, series);
    }
    const sums = series?.sums;
    return sums === undefined ? null : (at, n) => sums.set(at, (sums.get(at) ?? 0) + n);
  });
  const all = [...byName.values()].flatMap(({ named, sums }) =>
    [...sums].flatMap(([at, n]) => (n === 0 ? [] : { start: at * minuteMs, ...named, n })),
  );
  return all.sort((a, b) => a.start - b.start);
}
