import { expectedCounts } from '../../explain/spikes/detect-spikes.ts';
import type { SpikeView } from '../../shared/spike-view.ts';
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
import type { ServiceContext } from '../context.ts';
import { findDrops } from './drops.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { explained, spikesOf } from './spike-candidates.ts';
import { type NamedSeries, readSeries, seriesMax } from './spike-series.ts';

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
  const looked = await oneSnapshot(ctx, async (view) => {
    const days = await readDetectionDays(view.db, { key, ...span });
    // What begins on the last day may last into the next.
    const window = { from: span.from, to: span.to + dayMs };
    const series = await readSeries(view, { window, filter: { key } });
    const plain = series
      .flatMap((one) => spikesOf(one, window))
      .filter(({ from }) => isIn(from, span));
    const largest = plain.sort((a, b) => b.excess - a.excess).slice(0, keptMax);
    const views = await explained(view, largest, { key });
    const { drops } = await findDrops(view, { window, filter: { key }, series });
    return { days, series, found: [...detected(views, largest), ...dropped(drops, span)] };
  });
  const { days, series, found } = looked;
  const own = series.find(({ workspace }) => workspace === null);
  await transaction(ctx.db, async (tx) => {
    await writeDetectedSpikes(tx, days, found);
    await writeSeriesDays(tx, own === undefined ? [] : seriesDays(own, days));
    const calls = series.some(({ unit }) => unit === 'calls');
    await writeLooked(tx, days, { series: Math.min(series.length, seriesMax + 1), calls });
  });
  return days.length;
}

const isIn = (at: number, { from, to }: Span): boolean => at >= from && at < to;

const detected = (
  views: readonly SpikeView[],
  plain: readonly { also: number }[],
): DetectedSpike[] => views.map((view, no) => ({ view, also: plain[no]?.also ?? 0 }));

const dropped = (drops: readonly SpikeView[], span: Span): DetectedSpike[] =>
  drops.filter(({ from }) => isIn(from, span)).map((view) => ({ view, also: 0 }));

function seriesDays(series: NamedSeries, days: readonly DetectionDay[]): SeriesDay[] {
  const expected = expectedCounts(series);
  return days.map(({ key, day }) => {
    const from = (day - series.start) / minuteMs;
    const cut = (counts: Float64Array) => {
      const minutes = new Float32Array(dayMinutes);
      minutes.set(counts.subarray(from, from + dayMinutes));
      return minutes;
    };
    const also = cut(series.also);
    return {
      ...{ key, day, counts: cut(series.counts), expected: cut(expected) },
      also: also.some((n) => n > 0) ? also : null,
    };
  });
}
