import type { KeyFilter } from '../../domain/key-filter.ts';
import type { PatternView } from '../../shared/pattern-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readDayCounts } from '../../store/detection/detected-series.ts';
import { readChangedDays } from '../../store/detection/detection-days.ts';
import { isEventLog } from '../../store/event-log/event-log.ts';
import { type HourMinutes, readHourMinutes } from '../../store/views/pattern/read-hour-minutes.ts';
import { readProcessMinutes } from '../../store/views/pattern/read-process-minutes.ts';
import { readTallies } from '../../store/views/read-tallies.ts';
import type { ViewContext } from '../context.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export interface PatternSeries {
  unit: PatternView['unit'];
  /** Epoch ms of the first minute. */
  start: number;
  /** Requests of each minute. */
  counts: Float64Array;
}

interface SeriesQuery {
  window: TimeWindow;
  filter: KeyFilter;
}

/** The window's own minutes, one count each. */
export async function patternSeries(ctx: ViewContext, query: SeriesQuery): Promise<PatternSeries> {
  const { process, workspace } = query.filter;
  if (process !== undefined) return processSeries(ctx, query, process);
  // Days that were looked at for spikes are kept, but not by workspace, and not of a log in memory.
  const isKept = workspace === undefined && ctx.service === undefined && !isEventLog(ctx.db);
  return isKept ? keptSeries(ctx, query) : summedSeries(ctx, query);
}

async function processSeries(
  { db }: ViewContext,
  { window, filter }: SeriesQuery,
  process: string,
): Promise<PatternSeries> {
  const counts = await readProcessMinutes(db, { ...window, filter: { ...filter, process } });
  return { unit: 'calls', start: window.from, counts };
}

async function summedSeries(
  { db }: ViewContext,
  { window, filter }: SeriesQuery,
): Promise<PatternSeries> {
  const counts = new Minutes(window);
  const hours = await readHourMinutes(db, { ...hoursOf(window), filter });
  counts.addHours(hours);
  const unit = hours.length === 0 || hours.some(({ calls }) => calls) ? 'calls' : 'events';
  return { unit, start: window.from, counts: counts.all };
}

/** Days as they were looked at; those that have changed since are summed anew. */
async function keptSeries(
  { db }: ViewContext,
  { window, filter }: SeriesQuery,
): Promise<PatternSeries> {
  const { keys, principal } = filter;
  const counts = new Minutes(window);
  let isOfCalls = false;
  const days = { from: window.from - (window.from % dayMs), to: window.to, keys, principal };
  const changed = new Set(await readChangedDays(db, days));
  for (const { from, to } of spansOf(changed)) {
    const within = { from: Math.max(from, window.from), to: Math.min(to, window.to) };
    const hours = await readHourMinutes(db, { ...hoursOf(within), filter });
    counts.addHours(hours);
    isOfCalls ||= hours.some(({ calls }) => calls);
  }
  const called = await keysWithCalls(db, hoursOf(window));
  for (const { key: of, day, counts: own, also } of await readDayCounts(db, days)) {
    if (changed.has(day)) continue;
    counts.addAll(day, own, 1);
    if (keys === undefined && also !== null) counts.addAll(day, also, -1);
    isOfCalls ||= called.has(of);
  }
  const unit = isOfCalls || counts.all.every((n) => n === 0) ? 'calls' : 'events';
  return { unit, start: window.from, counts: counts.all };
}

async function keysWithCalls(db: ViewContext['db'], window: TimeWindow): Promise<Set<string>> {
  const query = { cut: 'all', measures: ['calls'], bucketMs: null } as const;
  return new Set((await readTallies(db, { ...window, ...query })).map(({ key }) => key));
}

const hoursOf = ({ from, to }: TimeWindow): TimeWindow => ({ from: from - (from % hourMs), to });

/** Days one after the other are one span. */
function spansOf(days: Iterable<number>): TimeWindow[] {
  const spans: TimeWindow[] = [];
  for (const day of [...days].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last?.to === day) last.to += dayMs;
    else spans.push({ from: day, to: day + dayMs });
  }
  return spans;
}

/** Counts of a window's minutes; what lies outside is left out. */
class Minutes {
  readonly #from: number;
  readonly all: Float64Array;

  constructor({ from, to }: TimeWindow) {
    this.#from = from;
    this.all = new Float64Array((to - from) / minuteMs);
  }

  /** Of minutes from `start` on, each so many times. */
  addAll(start: number, counts: ArrayLike<number>, times: 1 | -1): void {
    const first = (start - this.#from) / minuteMs;
    const end = Math.min(counts.length, this.all.length - first);
    for (let no = Math.max(0, -first); no < end; no += 1)
      this.all[first + no] = (this.all[first + no] ?? 0) + times * (counts[no] ?? 0);
  }

  addHours(hours: readonly HourMinutes[]): void {
    for (const { hour, minutes } of hours) this.addAll(hour, minutes, 1);
  }
}
