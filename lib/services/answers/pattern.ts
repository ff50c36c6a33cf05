import type { KeyFilter } from '../../domain/key-filter.ts';
import type { InferredUse, StreamFinding } from '../../explain/log-only/infer-causes.ts';
import { type Burst, findBursts } from '../../explain/pattern/find-bursts.ts';
import { hourRows } from '../../explain/pattern/hour-rows.ts';
import {
  type LoadChain,
  loadChains,
  type TracedCalls,
  withEchoes,
} from '../../explain/pattern/load-chains.ts';
import { findPattern } from '../../explain/pattern/pattern.ts';
import { type TraceSlice, tracedCalls, traceSlices } from '../../explain/pattern/trace-slices.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import type { PatternView } from '../../shared/pattern-view.ts';
import { countText, instantText } from '../../shared/screen-text.ts';
import type { EchoStep } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readSliceCalls } from '../../store/views/pattern/read-slice-calls.ts';
import { readTtl } from '../../store/views/read-ttl.ts';
import type { LogContext, ServiceContext, ViewContext } from '../context.ts';
import { sumsBefore } from '../retention.ts';
import { accessesPerHourIn } from './closed-form.ts';
import { echoChains } from './echo-chains.ts';
import { keyFilter } from './key-filter.ts';
import { inferredEvents } from './log-causes.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { type PatternSeries, patternSeries } from './pattern-series.ts';
import { watermarkOf } from './watermark.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const hoursMax = 31 * 24;
/** The use of DEKs is taken from this long before the window's end. */
const accessMs = 24 * hourMs;
/** Lineage is read only for so many of the largest bursts, and only so many calls are scanned for it. */
const tracedBurstsMax = 500;
const passedCallsMax = 500_000;
const chainsMax = 40;

export interface PatternInput {
  window: TimeWindow;
  filter: ExplainFilter;
}

/** Of a part of it. */
type Within = { window: TimeWindow; filter: KeyFilter };

/** @see PatternView */
export const pattern = ({
  ctx,
  input,
}: {
  ctx: ServiceContext | LogContext;
  input: PatternInput;
}): Promise<PatternView> => oneSnapshot(ctx, (view) => patternOf(view, input));

/** What the log alone shows of a window. */
type LogShown = Pick<Awaited<ReturnType<typeof inferredEvents>>, 'events' | 'findings'>;

/** The same within a view. `log` is what the log alone shows of the window, where that is known already. */
export async function patternOf(
  ctx: ViewContext,
  input: PatternInput & { log?: LogShown },
): Promise<PatternView> {
  const window = wholeMinutes(input.window);
  const shown = newest(window);
  const filter = await keyFilter(ctx, input.filter);
  const now = await ctx.now();
  const { toldUntil, wholeUntil } = await watermarkOf(ctx);
  const series = await patternSeries(ctx, { window: shown, filter });
  const { unit, counts } = series;
  const bursts = findBursts(series);
  const traced = await lineageOf(ctx, { bursts, series, window: shown, filter });
  const log =
    unit === 'calls' || bursts.length === 0
      ? null
      : (input.log ?? (await inferredEvents({ ctx, input: { ...shown, filter } })));
  const { lines, period, spectrum, sentences, sentenceLinks } = findPattern({
    window: shown,
    unit,
    calls: sum(counts),
    bursts,
    chains: await chainsOf(ctx, {
      bursts,
      traced: traced.calls,
      window: shown,
      filter,
    }),
    ...(log === null
      ? await theoryOf(ctx, { window: shown, filter })
      : { ...theoryOfLog(log.findings), revalidations: revalidationsOf(bursts, log.events) }),
  });
  // Calls need no log; events reach as far as the log has been read.
  const completeUntil = wholeUntil ?? (unit === 'calls' ? Math.min(now, toldUntil) : null);
  const before = await sumsBefore(ctx.db, shown);
  const notes = notesOf({ window, shown, bursts, traced, sumsBefore: before });
  return {
    window,
    now,
    unit,
    rows: hourRows(series, { ...shown, completeUntil }),
    lines,
    period,
    spectrum,
    sentences: [...sentences, ...notes],
    sentenceLinks: [...sentenceLinks, ...notes.map(() => [])],
  };
}

/** The window's newest hours, as many as are shown. */
function newest({ from, to }: TimeWindow): TimeWindow {
  const end = Math.ceil(to / hourMs) * hourMs;
  return { from: Math.max(from, end - hoursMax * hourMs), to };
}

/** The lineage of the largest bursts, and of how many of them; null without telemetry. */
async function lineageOf(
  ctx: ViewContext,
  of: Within & { bursts: readonly Burst[]; series: PatternSeries },
): Promise<{ calls: TracedCalls[]; bursts: number | null; sampled: boolean }> {
  const { bursts, series, window, filter } = of;
  if (series.unit !== 'calls') return { calls: [], bursts: null, sampled: false };
  const { keys, workspace, process } = filter;
  // The calls of a workspace or a process must be picked from all of the key's.
  const passed =
    workspace === undefined && process === undefined
      ? series
      : await patternSeries(ctx, { window, filter: { keys } });
  const slices = traceSlices(bursts, series);
  const read = largest(bursts, slices, passed);
  const wanted = slices.flatMap(({ burst, from, to, take }, slice) =>
    read.has(burst) ? [{ slice, from, to, take }] : [],
  );
  const rows = wanted.length === 0 ? [] : await readSliceCalls(ctx.db, wanted, filter);
  const sampled = slices.some(({ burst, calls, take }) => read.has(burst) && take < calls);
  return { calls: tracedCalls(slices, rows), bursts: read.size, sampled };
}

/** Chains of bursts by lineage, the largest with all their echoes. */
async function chainsOf(
  ctx: ViewContext,
  of: Within & { bursts: readonly Burst[]; traced: readonly TracedCalls[] },
): Promise<LoadChain[]> {
  const chains = loadChains(of.bursts, of.traced);
  const most = ({ points }: LoadChain) =>
    points.reduce((all, { calls }) => Math.max(all, calls), 0);
  const read = chains.toSorted((a, b) => most(b) - most(a)).slice(0, chainsMax);
  const cohorts = read.map(({ kind, rootAt }) => ({
    ...of.filter,
    cohort: kind === 'other' ? null : { kind, at: rootAt, cause: '' },
  }));
  const steps = new Map<LoadChain, EchoStep[]>();
  for (const [no, found] of (await echoChains(ctx, cohorts)).entries()) {
    const chain = read[no];
    const { from, to } = of.window;
    const shown = found.filter((step) => step.from >= from && step.to < to);
    if (chain !== undefined) steps.set(chain, shown);
  }
  return chains.map((chain) => withEchoes(chain, steps.get(chain) ?? []));
}

/** The largest bursts that can be read within the number of calls that may be scanned. */
function largest(
  bursts: readonly Burst[],
  slices: readonly TraceSlice[],
  { start, counts }: PatternSeries,
): Set<number> {
  const byBurst = Map.groupBy(slices, ({ burst }) => burst);
  const index = (at: number) => (at - start) / minuteMs;
  let left = passedCallsMax;
  const order = [...bursts.entries()].sort(
    ([, a], [, b]) => b.excess - a.excess || a.from - b.from,
  );
  const read = order.flatMap(([burst]) => {
    const passed = (byBurst.get(burst) ?? []).reduce((all, { from, to, take, calls }) => {
      const among = Math.max(calls, sum(counts.subarray(index(from), index(to))));
      return all + (among * take) / calls;
    }, 0);
    if (passed > left) return [];
    left -= passed;
    return [burst];
  });
  return new Set(read.slice(0, tracedBurstsMax));
}

const sum = (counts: Float64Array): number => counts.reduce((all, n) => all + n, 0);

/** T as most processes report it, and L from their use of DEKs, which is not kept by key. */
async function theoryOf(
  ctx: ViewContext,
  { window: { from, to }, filter }: Within,
): Promise<{ ttlMs: number | null; accessesPerHour: number | null }> {
  const recent = { from: Math.max(from, to - accessMs), to };
  const accessesPerHour = await accessesPerHourIn(ctx, { window: recent, filter });
  return { ttlMs: await readTtl(ctx.db, to), accessesPerHour };
}

/** The indexes of bursts that are mostly re-validations. */
function revalidationsOf(
  bursts: readonly Burst[],
  uses: readonly InferredUse[],
): ReadonlySet<number> {
  const minutes = new Map<number, { all: number; again: number }>();
  for (const { at, cause } of uses) {
    const minute = at - (at % minuteMs);
    const count = minutes.get(minute) ?? { all: 0, again: 0 };
    count.all += 1;
    if (cause === 'load.expired') count.again += 1;
    minutes.set(minute, count);
  }
  const found = [...bursts.entries()].filter(([, { from, to }]) => {
    let [all, again] = [0, 0];
    for (let minute = from; minute < to; minute += minuteMs) {
      all += minutes.get(minute)?.all ?? 0;
      again += minutes.get(minute)?.again ?? 0;
    }
    return 2 * again > all;
  });
  return new Set(found.map(([index]) => index));
}

/** T and L from the repeated requests of the busiest design. */
function theoryOfLog(findings: readonly StreamFinding[]): {
  ttlMs: number | null;
  accessesPerHour: number | null;
} {
  const main = findings.find(({ ttl }) => ttl !== null);
  const untilUseMs = main?.untilUseMs ?? null;
  return {
    ttlMs: main?.ttl?.ms ?? null,
    accessesPerHour: untilUseMs === null || untilUseMs === 0 ? null : hourMs / untilUseMs,
  };
}

function notesOf(of: {
  window: TimeWindow;
  shown: TimeWindow;
  bursts: readonly Burst[];
  /** Bursts whose lineage was read; null where there is none to read. */
  traced: { bursts: number | null; sampled: boolean };
  sumsBefore: number | null;
}): string[] {
  const { window, shown, bursts, traced, sumsBefore: before } = of;
  const notes: string[] = [];
  if (shown.from > window.from)
    notes.push('The window is longer than 31 days; its newest 31 days are shown.');
  if (before !== null)
    notes.push(
      `Until ${instantText(before)} the window is kept as sums only: bursts of then are lined up by their times.`,
    );
  if (traced.sampled)
    notes.push('The calls of echoes are estimated from a sample of each large burst.');
  if (traced.bursts !== null && traced.bursts < bursts.length)
    notes.push(
      `Lineage was read of the ${countText(traced.bursts)} largest of ${countText(bursts.length)} bursts; the others are lined up by their times.`,
    );
  return notes;
}
