import { useStates } from '../../domain/fates.ts';
import { minuteScores } from '../../explain/spikes/minute-scores.ts';
import { addTo } from '../../shared/counts.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { isTooMuchAtOnce } from '../../store/connection/refusal.ts';
import { transaction } from '../../store/connection/transaction.ts';
import { type SeriesDay, writeSeriesDays } from '../../store/detection/detected-series.ts';
import {
  type DetectedSpike,
  readOpenDay,
  writeDetectedSpikes,
} from '../../store/detection/detected-spikes.ts';
import {
  type DetectionDay,
  type KeyDay,
  readDaysToLook,
  readDetectionDays,
  writeLooked,
} from '../../store/detection/detection-days.ts';
import { readTallies } from '../../store/views/read-tallies.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { findDrops } from './drops.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { explained, spikesOf } from './spike-candidates.ts';
import { type NamedSeries, readSeries, seriesMax, sum } from './spike-series.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const dayMinutes = 1_440;
/** What is usual on a day is told by the week before it. */
const teachesDays = 8;
/** Looked at together: each time the week before is read as well. */
const daysTogether = 7;
const daysMax = 10_000;
/** The largest of a key and a day are kept; the chance that more are asked for is that of a broken detector. */
const keptMax = 500;
/** So many callers' requests are searched by themselves; of others they are searched when somebody asks. */
const callersMax = 8;

/**
 * Looks for spikes and drops on every day that has changed since the last time, and keeps what it finds. Resolves to
 * how many days of keys there were.
 */
export async function keepSpikes({
  ctx,
}: {
  ctx: ServiceContext;
  input?: undefined;
}): Promise<number> {
  const toLook = await readDaysToLook(ctx.db, daysMax);
  let looked = 0;
  for (const [key, days] of Map.groupBy(toLook, (one) => one.key)) {
    for (const span of await spansOf(ctx, key, days)) looked += await lookAt(ctx, key, span);
  }
  return looked;
}

interface Span {
  from: number;
  to: number;
}

/**
 * The days to look at for those that have changed: the day before, whose spikes may echo on, from where something lasts
 * into the first of them, and as long as what has changed tells what is usual. What lies between is left as it is.
 */
async function spansOf(ctx: ServiceContext, key: string, days: readonly KeyDay[]): Promise<Span[]> {
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  if (first === undefined || last === undefined) return [];
  const open = await readOpenDay(ctx.db, { key, at: first });
  const from = Math.min(first - dayMs, open ?? first);
  const wanted = new Set<number>();
  for (let day = from; day < first; day += dayMs) wanted.add(day);
  for (const { day } of days)
    for (let no = -1; no < teachesDays; no += 1) wanted.add(day + no * dayMs);
  const known = await readDetectionDays(ctx.db, { key, from, to: last + teachesDays * dayMs });
  const spans: Span[] = [];
  for (const { day } of known) {
    if (!wanted.has(day)) continue;
    const current = spans.at(-1);
    if (current !== undefined && day < current.from + daysTogether * dayMs)
      current.to = day + dayMs;
    else spans.push({ from: day, to: day + dayMs });
  }
  return spans;
}

/** Days that take longer together than one snapshot may last are looked at in halves. */
async function lookAt(ctx: ServiceContext, key: string, span: Span): Promise<number> {
  try {
    return await lookAtOnce(ctx, key, span);
  } catch (error) {
    const days = (span.to - span.from) / dayMs;
    const tooMuch = error instanceof Error && isTooMuchAtOnce(error.cause ?? error);
    if (!tooMuch || days < 2) throw error;
    const middle = span.from + Math.ceil(days / 2) * dayMs;
    const first = await lookAt(ctx, key, { from: span.from, to: middle });
    return first + (await lookAt(ctx, key, { from: middle, to: span.to }));
  }
}

async function lookAtOnce(ctx: ServiceContext, key: string, span: Span): Promise<number> {
  const { days, all, own, more } = await oneSnapshot(ctx, async (view) => {
    // What begins on the last day may last into the next.
    const window = { from: span.from, to: span.to + dayMs };
    const days = await readDetectionDays(view.db, { key, ...span });
    const callers = await callersOf(view, { key, window });
    const all = await look(view, { key, window, span });
    const own: Look[] = [];
    for (const principal of callers.slice(0, callersMax))
      own.push(await lookAmong(view, { key, window, span, principal }, all));
    return {
      days,
      all,
      own,
      more: callers.length > callersMax,
    };
  });
  const looks = [all, ...own];
  await transaction(ctx.db, async (tx) => {
    await writeDetectedSpikes(
      tx,
      days,
      looks.flatMap(({ found }) => found),
    );
    await writeSeriesDays(
      tx,
      days,
      looks.flatMap((one) => seriesDays(one, days)),
    );
    await writeLooked(tx, days, {
      series: Math.min(all.series.length, seriesMax + 1),
      calls: all.series.some(({ unit }) => unit === 'calls'),
      principals: own.map(({ principal }) => principal),
      more,
    });
  });
  return days.length;
}

interface LookInput {
  key: string;
  window: TimeWindow;
  /** Days whose spikes are kept. */
  span: Span;
}

/** What was searched and found, in everyone's requests (the empty principal) or one caller's. */
interface Look {
  principal: string;
  series: NamedSeries[];
  /** Of the key's own series. */
  expected: Float64Array;
  found: DetectedSpike[];
}

async function look(
  view: ViewContext,
  { key, window, span, principal = '' }: LookInput & { principal?: string },
  read?: NamedSeries[],
): Promise<Look> {
  const filter = { keys: [key], ...(principal !== '' && { principal }) };
  const series = read ?? (await readSeries(view, { window, filter }));
  let expected: Float64Array = new Float64Array();
  const plain = series
    .flatMap((one) => {
      const scores = minuteScores(one.counts);
      if (one.workspace === null) expected = scores.expected;
      return spikesOf(one, window, scores);
    })
    .filter(({ from }) => isIn(from, span));
  const largest = plain.sort((a, b) => b.excess - a.excess).slice(0, keptMax);
  const views = await explained(view, largest, filter);
  const { drops } = await findDrops(view, { window, filter, series });
  const found = [
    ...views.map((one, no) => ({ principal, view: one, also: largest[no]?.also ?? 0 })),
    ...drops
      .filter(({ from }) => isIn(from, span))
      .map((one) => ({ principal, view: one, also: 0 })),
  ];
  return { principal, series, expected, found };
}

/** The same of one caller; where a log has nobody else's requests, what was found in all of them. */
async function lookAmong(
  view: ViewContext,
  input: LookInput & { principal: string },
  all: Look,
): Promise<Look> {
  const { key, window, principal } = input;
  const series = await readSeries(view, { window, filter: { keys: [key], principal } });
  const everyone = ownSeries(all);
  const own = series.find(({ counts }) => sum(counts) === sum(everyone?.counts ?? []));
  if (everyone?.unit !== 'events' || own === undefined) return look(view, input, series);
  const found = all.found.filter(({ view: { workspace } }) => workspace === null);
  const { expected } = all;
  return { principal, series, expected, found: found.map((one) => ({ ...one, principal })) };
}

/** Who used the key, most first. */
async function callersOf(
  { db }: ViewContext,
  { key, window }: { key: string; window: TimeWindow },
): Promise<string[]> {
  const measures = ['events', 'events-also'] as const;
  const of = { cut: 'all', keys: [key], measures, bucketMs: null } as const;
  const sums = await readTallies(db, { ...window, ...of });
  const uses = new Map<string, number>();
  for (const { by, label, n } of sums) if (useStates.has(label)) addTo(uses, by, n);
  return [...uses].sort(([, a], [, b]) => b - a).map(([by]) => by);
}

const ownSeries = ({ series }: Look): NamedSeries | undefined =>
  series.find(({ workspace }) => workspace === null);

const isIn = (at: number, { from, to }: Span): boolean => at >= from && at < to;

function seriesDays(of: Look, days: readonly DetectionDay[]): SeriesDay[] {
  const series = ownSeries(of);
  if (series === undefined) return [];
  const { principal, expected } = of;
  return days.map(({ key, day }) => {
    const from = (day - series.start) / minuteMs;
    const cut = (counts: Float64Array) => {
      const minutes = new Float32Array(dayMinutes);
      minutes.set(counts.subarray(from, from + dayMinutes));
      return minutes;
    };
    const also = cut(series.also);
    return {
      ...{ key, principal, day, counts: cut(series.counts), expected: cut(expected) },
      also: also.some((n) => n > 0) ? also : null,
    };
  });
}
