import type { KeyFilter } from '../../../domain/key-filter.ts';
import type { BrushDimension } from '../../../shared/pattern-view.ts';
import type { Tx } from '../../connection/transaction.ts';
import { filtered } from '../filtered.ts';
import { logNames } from '../key-names.ts';
import { visitRequests } from './read-hour-minutes.ts';

const minuteMs = 60_000;

export interface BrushCount {
  dimension: BrushDimension;
  /** Empty where it is not known. */
  value: string;
  inside: number;
  outside: number;
}

interface BrushAnswer {
  unit: 'calls' | 'events';
  counts: BrushCount[];
}

interface BrushQuery {
  /** Epoch ms, whole minutes. */
  from: number;
  to: number;
  filter: KeyFilter;
  /** Of an instant, epoch ms. */
  isInside: (at: number) => boolean;
}

/** Requests as the heatmap counts them, by each value of each dimension, inside and outside of a part of it. */
export async function readBrush(tx: Tx, query: BrushQuery): Promise<BrushAnswer> {
  const { keys, process, principal } = query.filter;
  const place = filtered(query.filter);
  const all = await countsOf(tx, query, place);
  if (place.cut === 'workspace') return all;
  const byWorkspace = { cut: 'workspace' as const, keys, by: process ?? principal };
  const spread = await countsOf(tx, query, byWorkspace);
  const isWorkspace = ({ dimension }: BrushCount) => dimension === 'workspace';
  return { unit: all.unit, counts: [...all.counts, ...spread.counts.filter(isWorkspace)] };
}

/** Counts of one dimension by what its values are known as while they are summed. */
class Tally<Id> {
  readonly #sums = new Map<Id, { inside: number; outside: number }>();

  add(id: Id, side: 'inside' | 'outside', n: number): void {
    const sum = this.#sums.get(id) ?? { inside: 0, outside: 0 };
    sum[side] += n;
    this.#sums.set(id, sum);
  }

  /** What has one name is one value. */
  counts(dimension: BrushDimension, named: (id: Id) => string): BrushCount[] {
    const all = [...this.#sums].map(([id, sum]) => ({ value: named(id), ...sum }));
    return [...Map.groupBy(all, ({ value }) => value)].map(([value, of]) => ({
      ...{ dimension, value },
      inside: of.reduce((n, { inside }) => n + inside, 0),
      outside: of.reduce((n, { outside }) => n + outside, 0),
    }));
  }
}

async function countsOf(
  tx: Tx,
  { from, to, filter, isInside }: BrushQuery,
  place: ReturnType<typeof filtered>,
): Promise<BrushAnswer> {
  const [keys, workspaces] = [new Tally<number>(), new Tally<number>()];
  const [processes, principals] = [new Tally<number>(), new Tally<number>()];
  const causes = new Tally<string>();
  let isCalled = false;
  const names = await visitRequests(
    tx,
    { from, to, filter, ...place },
    (series, of) => (minute, n) => {
      const at = minute * minuteMs;
      if (at < from || at >= to) return;
      const side = isInside(at) ? 'inside' : 'outside';
      isCalled ||= of.calls;
      keys.add(series.key, side, n);
      if (place.cut === 'workspace') workspaces.add(series.who, side, n);
      (of.measure === 'calls' ? processes : principals).add(series.by, side, n);
      if (of.measure === 'calls') causes.add(of.label, side, n);
    },
  );
  const logName = await logNames(tx);
  const name = (id: number, measure: 'calls' | 'events') =>
    names({ key: id, who: id, by: id }, measure);
  return {
    unit: isCalled ? 'calls' : 'events',
    counts: [
      ...causes.counts('cause', (cause) => cause),
      ...workspaces.counts('workspace', (id) => name(id, 'calls').who),
      ...processes.counts('process', (id) => name(id, 'calls').by),
      ...principals.counts('principal', (id) => name(id, 'events').by),
      ...keys.counts('key', (id) => logName(name(id, 'calls').key)),
    ],
  };
}
