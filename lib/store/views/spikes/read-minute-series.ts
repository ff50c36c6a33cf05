import { foreignStates, useStates } from '../../../domain/fates.ts';
import { addTo } from '../../../shared/counts.ts';
import { tupleKey } from '../../../shared/tuple-key.ts';
import type { Tx } from '../../connection/transaction.ts';
import type { Measure } from '../../rollups/description.ts';
import type { Take } from '../../rollups/packed-day.ts';
import type { LabelOf, SeriesIds } from '../../rollups/tally-query.ts';
import { calledByAlias } from '../called-by-alias.ts';
import { putByHour } from '../put-by-hour.ts';
import { readTallies, visitTallies } from '../read-tallies.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export interface SeriesHour {
  /** Epoch ms of the hour's start. */
  hour: number;
  key: string;
  /** Empty in the rows that part a key's requests by label. */
  workspace: string;
  /**
   * Of a key `calls:<cause>` and `events:<state>:<principal>`; an event that is another key's too is `events-also`
   * there. Of a workspace `requests` are calls and the events that no call of ours explains, `events` all uses in the
   * log.
   */
  label: string;
  /** Sixty counts. */
  counts: number[];
}

interface SeriesQuery {
  /** Epoch ms, whole hours. */
  from: number;
  to: number;
  keys?: readonly string[] | undefined;
  /** Of the log's events those of one principal, and no calls. */
  principal?: string | undefined;
}

const ofRequests: readonly Measure[] = ['calls', 'events', 'events-also'];
const isUse = ({ measure, label }: LabelOf): boolean => measure === 'calls' || useStates.has(label);

/** Minute counts by label, of so many keys with most calls and events in all. */
export async function readKeySeries(
  tx: Tx,
  { seriesMax, principal, ...query }: SeriesQuery & { seriesMax: number },
): Promise<SeriesHour[]> {
  const span = { ...query, to: Math.ceil(query.to / hourMs) * hourMs, cut: 'all' as const };
  const totals = await readTallies(tx, { ...span, measures: ofRequests, bucketMs: null });
  const busiest = new Set(mostOf(totals, ({ key }) => key, seriesMax));
  const series = new Hours();
  const measures: readonly Measure[] =
    principal === undefined ? ofRequests : ['events', 'events-also'];
  const minutes = { ...span, measures, by: principal, bucketMs: minuteMs };
  const { names } = await visitTallies(tx, minutes, (ids, label) =>
    isUse(label) ? series.open(ids, label) : null,
  );
  return series.all((ids, { measure, label }) => {
    const { key, by } = names(ids, measure);
    if (!busiest.has(key)) return [];
    const name = measure === 'calls' ? `calls:${label}` : `${measure}:${label}:${by}`;
    return [{ key, workspace: '', label: name }];
  });
}

/**
 * Minute sums of workspaces, of so many with most in all: `requests` of keys that have calls there, else `events` and
 * `events-also`.
 */
export async function readWorkspaceSeries(
  tx: Tx,
  query: SeriesQuery & { workspace: string | undefined; seriesMax: number },
): Promise<SeriesHour[]> {
  const { from, keys, workspace, seriesMax } = query;
  const span = { from, to: Math.ceil(query.to / hourMs) * hourMs, keys };
  const place = { ...span, cut: 'workspace' as const, measures: ofRequests };
  const sums = await readTallies(tx, { ...place, who: workspace, bucketMs: null });
  const called = await keysWithCalls(tx, span, new Set(sums.map((sum) => sum.key)));
  const isCounted = (label: LabelOf, of: string) =>
    called.has(of)
      ? label.measure === 'calls' || (label.measure === 'events' && foreignStates.has(label.label))
      : label.measure !== 'calls' && useStates.has(label.label);
  const pair = (sum: { key: string; who: string }) => tupleKey(sum.key, sum.who);
  const totals = sums.filter((sum) => sum.who !== '' && isCounted(sum, sum.key));
  const busiest = new Set(mostOf(totals, pair, seriesMax));
  const who = [...new Set(totals.flatMap((sum) => (busiest.has(pair(sum)) ? [sum.who] : [])))];
  if (who.length === 0) return [];
  const series = new Hours();
  const minutes = { ...place, who, bucketMs: minuteMs };
  const { names } = await visitTallies(tx, minutes, (ids, label) =>
    isUse(label) ? series.open({ ...ids, by: 0 }, label) : null,
  );
  return series.all((ids, label) => {
    const { key: of, who: whose } = names(ids, label.measure);
    if (!busiest.has(pair({ key: of, who: whose })) || !isCounted(label, of)) return [];
    return [{ key: of, workspace: whose, label: called.has(of) ? 'requests' : label.measure }];
  });
}

/** Of these keys those that have calls, under whatever name. */
async function keysWithCalls(
  tx: Tx,
  span: { from: number; to: number },
  keys: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  // As a rule a workspace has one key, and all keys' sums would be read for it.
  const one = keys.size === 1 ? { keys: [...keys] } : {};
  const of = { ...span, ...one, cut: 'all', measures: ['calls'], bucketMs: null } as const;
  const sums = await readTallies(tx, of);
  return new Set([...sums.map((sum) => sum.key), ...(await calledByAlias(tx, span))]);
}

/** The names of most, of equal ones the first. */
function mostOf<T extends { n: number }>(
  sums: readonly T[],
  nameOf: (sum: T) => string,
  max: number,
): string[] {
  const totals = new Map<string, number>();
  for (const sum of sums) addTo(totals, nameOf(sum), sum.n);
  return [...totals]
    .filter(([, n]) => n > 0)
    .sort(([a, of], [b, other]) => other - of || (a < b ? -1 : 1))
    .slice(0, max)
    .map(([name]) => name);
}

interface Series {
  ids: SeriesIds;
  label: LabelOf;
  hours: Map<number, number[]>;
}

/** Counts put together into sixties. */
class Hours {
  readonly #series = new Map<string, Series>();

  open(ids: SeriesIds, label: LabelOf): Take {
    const id = tupleKey(ids.key, ids.who, ids.label, ids.by);
    const series = this.#series.get(id) ?? { ids, label, hours: new Map<number, number[]>() };
    this.#series.set(id, series);
    return putByHour(series.hours);
  }

  /** By the hour, each series under the names that `named` gives, or none. */
  all(
    named: (ids: SeriesIds, label: LabelOf) => Omit<SeriesHour, 'hour' | 'counts'>[],
  ): SeriesHour[] {
    const all = [...this.#series.values()].flatMap(({ ids, label, hours }) =>
      named(ids, label).flatMap((names) =>
        [...hours].map(([hour, counts]) => ({ hour, ...names, counts })),
      ),
    );
    return all.filter(({ counts }) => counts.some((n) => n !== 0)).sort((a, b) => a.hour - b.hour);
  }
}
