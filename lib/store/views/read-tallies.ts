import { allNames, dimensions, idsOf, namesOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { type EventLog, isEventLog } from '../event-log/event-log.ts';
import { visitEvents } from '../event-log/visit-events.ts';
import { cuts, type Measure, measures } from '../rollups/description.ts';
import { type DayForm, eachHour, eachMinute, eachTotal, type Take } from '../rollups/packed-day.ts';
import type {
  Cell,
  LabelOf,
  SeriesIds,
  TallyQuery,
  Visit,
  Visited,
} from '../rollups/tally-query.ts';
import { keyIdsOrAny } from './key-names.ts';

const minuteMs = 60_000;
const minutesPerHour = 60;
const minutesPerDay = 1_440;

export interface TallySum {
  key: string;
  who: string;
  by: string;
  measure: Measure;
  operation: string;
  label: string;
  /** The bucket's start, epoch ms; the window's for one. */
  at: number;
  n: number;
}

/** Sums of the cut's cells; what sums to nothing is left out. */
export async function readTallies(tx: Tx, query: TallyQuery): Promise<TallySum[]> {
  const sums = new Sums();
  const { labels, names } = await visitTallies(tx, query, (of) => sums.open(of));
  return sums.all().flatMap(({ label, key, who, by, at, n }) => {
    const of = labels.get(label);
    return of === undefined ? [] : [{ ...of, ...names({ key, who, by }, of.measure), at, n }];
  });
}

/** The same, count by count, for what would be too many sums. `names` tells what the ids are of what was taken. */
export async function visitTallies(tx: Tx, query: TallyQuery, visit: Visit): Promise<Visited> {
  if (isEventLog(tx)) return visitEvents(tx, query, visit);
  const labels = await labelsOf(tx, query.measures);
  const [keyIds, whoIds] = [new Set<number>(), new Set<number>()];
  const byIds = { process: new Set<number>(), principal: new Set<number>() };
  await eachSeries(tx, query, (of) => {
    const label = labels.get(of.label);
    const take = label === undefined ? null : visit(of, label);
    if (label === undefined || take === null) return null;
    keyIds.add(of.key);
    whoIds.add(of.who);
    byIds[measures[label.measure].by].add(of.by);
    return take;
  });
  const keys = await namesOf(tx, 'key', keyIds);
  const whos = await namesOf(tx, query.cut === 'process' ? 'process' : 'workspace', whoIds);
  const makers = {
    process: await namesOf(tx, 'process', byIds.process),
    principal: await namesOf(tx, 'principal', byIds.principal),
  };
  const names: Visited['names'] = ({ key, who, by }, measure) => ({
    key: keys.get(key) ?? '',
    who: whos.get(who) ?? '',
    by: makers[measures[measure].by].get(by) ?? '',
  });
  return { labels, names };
}

/** The names with most, among the cells of a cut whose labels are names themselves. */
export async function readMost(
  tx: Tx,
  query: Omit<TallyQuery, 'measures' | 'bucketMs'> & { labels: 'tag' | 'workspace'; max: number },
): Promise<{ most: { name: string; n: number }[]; all: number }> {
  const { labels, max, ...of } = query;
  if (isEventLog(tx)) {
    const asked = labels === 'tag' ? [] : mostAsked(tx, of);
    return { most: asked.slice(0, max), all: asked.length };
  }
  const sums = new Map<number, number>();
  const measure = labels === 'tag' ? 'reopened' : 'asked';
  const all: TallyQuery = { ...of, measures: [measure], bucketMs: null };
  await eachSeries(
    tx,
    all,
    ({ label }) =>
      (_, n) =>
        sums.set(label, (sums.get(label) ?? 0) + n),
  );
  const sorted = [...sums].filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
  const least = sorted[max - 1]?.[1] ?? 0;
  // Of equal ones the names decide.
  const near = sorted.filter(([, n]) => n >= least);
  const names = await namesOf(
    tx,
    labels,
    near.map(([id]) => id),
  );
  const most = near.map(([id, n]) => ({ name: names.get(id) ?? '', n })).sort(byMost);
  return { most: most.slice(0, max), all: sorted.length };
}

/** A log in memory keeps no such sums. */
function mostAsked(log: EventLog, of: Omit<TallyQuery, 'measures' | 'bucketMs' | 'cut'>) {
  const sums = new Map<number, number>();
  const events = { ...of, cut: 'workspace', measures: ['events'], bucketMs: null } as const;
  const { names } = visitEvents(
    log,
    events,
    ({ who }) =>
      (_, n) =>
        sums.set(who, (sums.get(who) ?? 0) + n),
  );
  return [...sums]
    .map(([who, n]) => ({ name: names({ key: 0, who, by: 0 }, 'events').who, n }))
    .filter(({ name }) => name !== '')
    .sort(byMost);
}

const byMost = (a: { name: string; n: number }, b: { name: string; n: number }): number =>
  b.n - a.n || (a.name < b.name ? -1 : 1);

async function labelsOf(tx: Tx, wanted: readonly Measure[]): Promise<Map<number, LabelOf>> {
  const rows = await allNames(tx, 'label');
  const known: ReadonlySet<string> = new Set(wanted);
  return new Map(
    rows.flatMap(({ id, name }) => {
      // The name is what `labelName` wrote.
      const [measure, operation, label] = JSON.parse(name) as [Measure, string, string];
      return known.has(measure) ? [[id, { measure, operation, label }]] : [];
    }),
  );
}

/** A packed day, or a cell that is not packed yet: its `at` is that of its bucket. */
type StoredRow =
  | { key: number; who: number; day: number; bytes: Uint8Array }
  | ({ day: null } & Cell);

async function eachSeries(tx: Tx, query: TallyQuery, open: (of: SeriesIds) => Take): Promise<void> {
  const place = await placeOf(tx, query);
  const from = Math.round(query.from / minuteMs);
  const to = Math.round(query.to / minuteMs);
  if (place === null || from >= to) return;
  const unit = query.bucketMs === null ? null : query.bucketMs / minuteMs;
  const bucketOf = (minute: number) => (unit === null ? from : Math.floor(minute / unit) * unit);
  const fits = (by: number) => place.by === null || place.by === by;
  const formOf = formsOf({ from, to, unit });
  for (const row of await storedRows(tx, place, { from, to, unit, formOf })) {
    if (row.day === null) {
      if (fits(row.by)) open(row)?.(row.at, row.n);
      continue;
    }
    const { key, who, day, bytes } = row;
    const start = day * minutesPerDay;
    const opened = (minutes: number) => (label: number, by: number) => {
      const take = fits(by) ? open({ key, who, by, label }) : null;
      if (take === null) return null;
      return (no: number, n: number) => {
        const at = start + no * minutes;
        if (minutes !== minutesPerHour || (at >= from && at < to)) take(bucketOf(at), n);
      };
    };
    switch (formOf(day)) {
      case 'totals':
        eachTotal(bytes, opened(minutesPerDay));
        break;
      case 'hours':
        eachHour(bytes, opened(minutesPerHour));
        break;
      case 'minutes': {
        const [first, end] = [Math.max(0, from - start), Math.min(minutesPerDay, to - start)];
        eachMinute(bytes, { from: first, to: end }, opened(1));
      }
    }
  }
}

/** The coarsest form of each day that `[from, to)` and its buckets can be told from; in minutes. */
function formsOf(of: { from: number; to: number; unit: number | null }): (day: number) => DayForm {
  const { from, to, unit } = of;
  const isHour = (minutes: number) => minutes % minutesPerHour === 0;
  const whole = unit === null || unit % minutesPerDay === 0;
  return (day) => {
    const start = day * minutesPerDay;
    const cuts = [from, to].filter((at) => at > start && at < start + minutesPerDay);
    if ((unit !== null && !isHour(unit)) || !cuts.every(isHour)) return 'minutes';
    return whole && cuts.length === 0 ? 'totals' : 'hours';
  };
}

interface Place {
  cut: number;
  keys: number[] | null;
  who: number[] | null;
  by: number | null;
}

/** Null where a name has never been seen: nothing is counted under it. */
async function placeOf(tx: Tx, query: TallyQuery): Promise<Place | null> {
  const { cut, who, by } = query;
  const whose = cut === 'process' || cut === 'processTags' ? 'process' : 'workspace';
  const maker = measures[query.measures[0] ?? 'calls'].by;
  const keys = await keyIdsOrAny(tx, query.keys);
  const byId = by === undefined ? null : (await idsOf(tx, maker, [by])).get(by);
  const whos = who === undefined ? null : [...(await idsOf(tx, whose, [who].flat())).values()];
  if (keys?.length === 0 || whos?.length === 0 || byId === undefined) return null;
  return { cut: cuts[cut], keys, who: whos, by: byId };
}

/** Each key is looked up by index: ORDER BY it sorts nothing, and no planner without statistics reads whole tables. */
const keysFrom = `(SELECT unnest($1::int[]) AS id
    UNION ALL SELECT 0 WHERE $1::int[] IS NULL
    UNION ALL SELECT id FROM dimension WHERE $1::int[] IS NULL AND kind = ${dimensions.key}) k`;
const ofPlace = 'key = k.id AND cut = $2::smallint AND ($3::int[] IS NULL OR who = ANY($3::int[]))';

function storedRows(
  tx: Tx,
  { keys, cut, who }: Place,
  of: { from: number; to: number; unit: number | null; formOf(day: number): DayForm },
): Promise<StoredRow[]> {
  const { from, to, unit, formOf } = of;
  const first = Math.floor(from / minutesPerDay);
  const last = Math.floor((to - 1) / minutesPerDay);
  // Days within differ from none but those at the ends.
  const inner = formOf(Math.min(first + 1, last));
  const bucket = unit === null ? '$4::int' : `(at / ${unit}) * ${unit}`;
  return tx.$queryRawUnsafe<StoredRow[]>(
    `SELECT key, who, day, CASE day WHEN $6::int THEN ${formOf(first)} WHEN $7::int THEN ${formOf(last)} ELSE ${inner} END AS bytes,
       NULL::int AS by, NULL::int AS label, NULL::int AS at, NULL::float8 AS n
     FROM ${keysFrom} CROSS JOIN LATERAL (SELECT * FROM tally_day
       WHERE ${ofPlace} AND day >= $6::int AND day <= $7::int ORDER BY key) t
     UNION ALL SELECT key, who, NULL, NULL, by, label, ${bucket}, sum(n)::float8
     FROM ${keysFrom} CROSS JOIN LATERAL (SELECT * FROM tally_open
       WHERE ${ofPlace} AND at >= $4::int AND at < $5::int ORDER BY key) t
     GROUP BY ${bucket}, key, who, by, label`,
    keys,
    cut,
    who,
    from,
    to,
    first,
    last,
  );
}

type ByLabel = Map<number, Map<number, Map<number, number>>>;

/** Sums by key, who, label, by and bucket. */
class Sums {
  readonly #sums = new Map<number, Map<number, ByLabel>>();
  #last: { key: number; who: number; labels: ByLabel } | null = null;

  open({ key, who, by, label }: SeriesIds): Take {
    const buckets = within(within(this.#labelsOf(key, who), label), by);
    return (at, n) => buckets.set(at, (buckets.get(at) ?? 0) + n);
  }

  all(): Cell[] {
    const all: Cell[] = [];
    for (const [key, ofKey] of this.#sums)
      for (const [who, labels] of ofKey)
        for (const [label, ofLabel] of labels)
          for (const [by, buckets] of ofLabel)
            for (const [minute, n] of buckets)
              if (n !== 0) all.push({ key, who, by, label, at: minute * minuteMs, n });
    return all;
  }

  #labelsOf(key: number, who: number): ByLabel {
    // Series come by whose they are.
    if (this.#last?.key === key && this.#last.who === who) return this.#last.labels;
    const labels = within(within(this.#sums, key), who);
    this.#last = { key, who, labels };
    return labels;
  }
}

function within<T>(map: Map<number, Map<number, T>>, key: number): Map<number, T> {
  const found = map.get(key) ?? new Map<number, T>();
  map.set(key, found);
  return found;
}
