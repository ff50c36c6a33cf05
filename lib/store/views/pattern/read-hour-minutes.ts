import { useStates } from '../../../domain/fates.ts';
import type { KeyFilter } from '../../../domain/key-filter.ts';
import { idsOf } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import type { Measure } from '../../rollups/description.ts';
import type { Take } from '../../rollups/packed-day.ts';
import type { LabelOf, SeriesIds, TallyQuery } from '../../rollups/tally-query.ts';
import { calledByAlias } from '../called-by-alias.ts';
import { filtered } from '../filtered.ts';
import { putByHour } from '../put-by-hour.ts';
import { visitTallies } from '../read-tallies.ts';

const minuteMs = 60_000;
const minutesPerHour = 60;

export interface HourMinutes {
  /** Epoch ms of the hour's start. */
  hour: number;
  /** Whether the engine's telemetry has calls on any of the keys counted; else these are the log's events. */
  calls: boolean;
  /** Sixty counts. */
  minutes: number[];
}

interface HourQuery {
  from: number;
  to: number;
  filter: Omit<KeyFilter, 'process'>;
}

/**
 * Requests by the minute over the hours that begin in `[from, to)` (epoch ms): a key's calls and the events that no
 * call of ours explains; of a key without any call there, and of one caller, all uses in the log. Hours with none are
 * absent.
 */
export async function readHourMinutes(tx: Tx, query: HourQuery): Promise<HourMinutes[]> {
  const hours = new Map<number, number[]>();
  const called = new Set<number>();
  await visitRequests(tx, { ...query, ...placed(query.filter) }, (_, { calls }) => {
    const put = putByHour(hours);
    if (!calls) return put;
    return (at, n) => {
      put(at, n);
      called.add((at - (at % minutesPerHour)) * minuteMs);
    };
  });
  return [...hours]
    .filter(([, minutes]) => minutes.some((n) => n !== 0))
    .map(([hour, minutes]) => ({ hour, calls: called.has(hour), minutes }))
    .sort((a, b) => a.hour - b.hour);
}

/**
 * The same, series by series, of a cut: who asked, by which process or principal, and why. Resolves to the names of
 * what was visited.
 */
export async function visitRequests(
  tx: Tx,
  { from, to, filter, ...place }: HourQuery & Pick<TallyQuery, 'cut' | 'keys' | 'who' | 'by'>,
  visit: (series: SeriesIds, of: LabelOf & { calls: boolean }) => Take,
) {
  const span = {
    from,
    to: Math.ceil(to / (minutesPerHour * minuteMs)) * minutesPerHour * minuteMs,
  };
  // Under a filter by principal calls are not shown, but they still tell a key's unit.
  const called = await keysWithCalls(tx, span);
  const measures: Measure[] = filter.principal === undefined ? ['calls', 'events'] : ['events'];
  if (filter.keys !== undefined) measures.push('events-also');
  const query = { ...place, ...span, measures, bucketMs: minuteMs };
  const { names } = await visitTallies(tx, query, (series, label) => {
    const calls = called.has(series.key);
    const shown = isShown(label, { calls, principal: filter.principal });
    return shown ? visit(series, { ...label, calls }) : null;
  });
  return names;
}

/** By principal only events are counted, wherever a cut has calls as well. */
const placed = ({ keys, workspace, principal }: HourQuery['filter']) =>
  filtered({
    keys,
    ...(workspace !== undefined && { workspace }),
    ...(principal !== undefined && { principal }),
  });

/** Of a key with calls what its calls explain is counted once; of one caller no calls are counted. */
function isShown(
  { measure, label }: LabelOf,
  { calls, principal }: { calls: boolean; principal: string | undefined },
): boolean {
  if (measure === 'calls') return true;
  return useStates.has(label) && !(calls && principal === undefined && label === 'matched');
}

/** Ids of the keys that have calls in the hours, by all of their names; an event may name none. */
async function keysWithCalls(
  tx: Tx,
  span: { from: number; to: number },
): Promise<ReadonlySet<number>> {
  const keys = new Map<number, number>();
  const of = { ...span, cut: 'all' as const, measures: ['calls'] as const, bucketMs: null };
  await visitTallies(tx, of, ({ key }) => (_, n) => {
    keys.set(key, (keys.get(key) ?? 0) + n);
  });
  const made = [...keys].flatMap(([key, n]) => (n > 0 ? [key] : []));
  if (made.length === 0) return new Set();
  const others = await idsOf(tx, 'key', ['', ...(await calledByAlias(tx, span))]);
  return new Set([...made, ...others.values()]);
}
