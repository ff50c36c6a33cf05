import {
  benjaminiHochberg,
  detectSpikes,
  expectedCounts,
} from '../../explain/spikes/detect-spikes.ts';
import { echoCallsMin } from '../../explain/spikes/echo-chain.ts';
import {
  notToldPart,
  type RequestSeries,
  requestSeries,
  workspaceSeries,
} from '../../explain/spikes/request-series.ts';
import { spikeOrigin, spikeOrigins } from '../../explain/spikes/spike-origin.ts';
import { mostOf } from '../../explain/words/busiest.ts';
import { spikeSentence, spikesSentence } from '../../explain/words/spike-sentence.ts';
import type { Counts } from '../../shared/counts.ts';
import type { ExplainFilter, TimeWindow } from '../../shared/dto.ts';
import { spikeHref, spikeId } from '../../shared/spike-id.ts';
import type { SpikesView, SpikeView } from '../../shared/spike-view.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readToldUntil } from '../../store/advance-boots.ts';
import { readAuditSources } from '../../store/audit-sources.ts';
import { readKeySeries, readWorkspaceSeries } from '../../store/read-minute-series.ts';
import { readOurs } from '../../store/read-principals.ts';
import { readRoots } from '../../store/read-roots.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { coverageOf } from './coverage.ts';
import { findDrops } from './drops.ts';
import { echoChains } from './echo-chains.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { spikeParts } from './spike-causes.ts';
import { watermarkOf } from './watermark.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The detector looks back a week for the same time of day. */
const lookbackMs = 7 * 24 * hourMs + 2 * hourMs;
const falseDiscoveries = 0.01;
const seriesMax = 200;
const pointsMax = 1_500;
const spikesListed = 100;

export interface SpikesInput {
  window: TimeWindow;
  filter: ExplainFilter;
}

/** A key's requests, or one workspace's, over the window and what the detector looks back on. */
export interface NamedSeries extends RequestSeries {
  key: string;
  workspace: string | null;
}

export interface FoundSpikes {
  spikes: SpikeView[];
  /** Spikes beyond those listed, and drops that were not looked into. */
  more: number;
  unseenDrops: number;
  series: NamedSeries[];
}

/** The window's spikes and drops, largest excess or lack first, and the series they were found in. */
export async function findSpikes({
  ctx,
  input,
}: {
  ctx: ViewContext;
  input: SpikesInput & { spikesMax: number };
}): Promise<FoundSpikes> {
  const { window, filter, spikesMax } = input;
  const series = await readSeries(ctx, input);
  const found = series.flatMap((one) => spikesOf(one, window));
  const keep = benjaminiHochberg(
    found.map(({ pValue }) => pValue),
    falseDiscoveries,
    // Every minute of every series was asked whether it is one.
    series.length * Math.ceil((window.to - window.from) / minuteMs),
  );
  const real = found.filter((_, at) => keep[at]);
  const distinct = real
    .filter((spike) => !isPartOfAnother(spike, real, filter))
    .sort((a, b) => b.excess - a.excess || a.from - b.from);
  const listed = distinct.slice(0, spikesMax);
  const { drops, unseen } = await findDrops(ctx, { window, filter, series });
  const most = (view: SpikeView) => Math.abs(view.excess);
  const spikes = [...(await explained(ctx, listed, filter)), ...drops];
  return {
    spikes: spikes.sort((a, b) => most(b) - most(a) || a.from - b.from),
    more: distinct.length - listed.length,
    unseenDrops: unseen,
    series,
  };
}

/** @see SpikesView */
export const listSpikes = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: SpikesInput;
}): Promise<SpikesView> => oneSnapshot(ctx, (view) => spikesIn(view, input));

async function spikesIn(ctx: ViewContext, input: SpikesInput): Promise<SpikesView> {
  const window = wholeMinutes(input.window);
  const { spikes, more, unseenDrops, series } = await findSpikes({
    ctx,
    input: { ...input, window, spikesMax: spikesListed },
  });
  const shown = series.filter(({ workspace }) => workspace === (input.filter.workspace ?? null));
  const sources = await readAuditSources(ctx.db);
  const coveredUntil = coverageOf(sources);
  const { wholeUntil } = await watermarkOf(ctx, sources);
  const unit = shown.some((one) => one.unit === 'calls') ? 'calls' : 'events';
  return {
    window,
    now: await ctx.now(),
    coveredUntil,
    spikes,
    more,
    ...chartOf(shown, {
      window,
      coveredUntil: wholeUntil,
      ofKey: input.filter.key !== undefined,
    }),
    unit,
    sentence: spikesSentence(spikes, {
      ...{ window, more, unseenDrops, unit },
      searched: searchedMost(series),
    }),
  };
}

/** How many keys and workspaces were searched at most, where there may be more; else null. */
function searchedMost(series: readonly NamedSeries[]): number | null {
  const keys = series.filter(({ workspace }) => workspace === null).length;
  return Math.max(keys, series.length - keys) < seriesMax ? null : seriesMax;
}

/** Reads the keys' series and, as far as they are the busiest, those of their workspaces. */
export async function readSeries(
  ctx: ViewContext,
  { window, filter }: SpikesInput,
): Promise<NamedSeries[]> {
  const span = { from: window.from - lookbackMs, to: window.to };
  const query = {
    from: Math.floor(span.from / hourMs) * hourMs,
    to: span.to,
    key: filter.key,
    principal: filter.principal,
  };
  const ours = await readOurs(ctx.db);
  const toldUntil = await readToldUntil(ctx.db);
  const parts = await readKeySeries(ctx.db, { ...query, seriesMax });
  const keys = [...Map.groupBy(parts, ({ key }) => key)].map(([key, hours]) => ({
    ...requestSeries(hours, { span, ours, toldUntil }),
    key,
    workspace: null,
  }));
  // Of a workspace it is not kept who asked.
  if (filter.principal !== undefined) return keys;
  const rows = await readWorkspaceSeries(ctx.db, {
    ...query,
    workspace: filter.workspace,
    seriesMax,
  });
  const workspaces = [...Map.groupBy(rows, ({ key }) => key)].flatMap(([key, ofKey]) =>
    [...Map.groupBy(ofKey, ({ workspace }) => workspace)].map(([workspace, hours]) => {
      const unit = hours.some(({ label }) => label === 'requests') ? 'calls' : 'events';
      return { ...workspaceSeries(hours, { span, unit }), key, workspace };
    }),
  );
  const busiest = workspaces.sort((a, b) => sum(b.counts) - sum(a.counts));
  return filter.workspace === undefined ? [...keys, ...busiest] : busiest;
}

type PlainSpike = Omit<
  SpikeView,
  | 'direction'
  | 'drop'
  | 'causes'
  | 'mainCause'
  | 'mainShare'
  | 'echo'
  | 'echoes'
  | 'chain'
  | 'sentence'
> & {
  parts: Map<string, number>;
  /** Requests of it that another key has as well. */
  also: number;
};

function spikesOf(series: NamedSeries, window: TimeWindow): PlainSpike[] {
  const { start, counts, also, key, workspace, unit, parts } = series;
  const at = (index: number) => start + index * minuteMs;
  // What is not told yet is no cause: it would stand out wherever telemetry is late.
  const told = new Map([...parts].filter(([part]) => part !== notToldPart));
  return detectSpikes({ start, counts, parts: told }).flatMap((spike): PlainSpike[] => {
    const [from, to] = [at(spike.from), at(spike.to)];
    if (to <= window.from || from >= window.to) return [];
    const id = spikeId({ from, to });
    return [
      {
        id,
        href: spikeHref({ id, key, workspace }),
        unit,
        from,
        to,
        key,
        workspace,
        calls: spike.count,
        expected: spike.expected,
        excess: spike.count - spike.expected,
        peakMinute: at(spike.peak),
        peak: counts[spike.peak] ?? 0,
        pValue: spike.pValue,
        parts: partsBetween(parts, spike),
        also: sum(also.subarray(spike.from, spike.to)),
      },
    ];
  });
}

export function partsBetween(
  parts: ReadonlyMap<string, Float64Array>,
  { from, to }: { from: number; to: number },
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [part, counts] of parts) {
    const n = sum(counts.subarray(from, to));
    if (n > 0) sums.set(part, n);
  }
  return sums;
}

/**
 * A workspace's spike within one of its key's is told by that one's parts; so are requests that used two keys by the
 * first key's, but where the other one is asked for.
 */
function isPartOfAnother(
  spike: PlainSpike,
  all: readonly PlainSpike[],
  filter: ExplainFilter,
): boolean {
  if (filter.key === undefined && 2 * spike.also > spike.calls)
    return all.some(
      (one) => 2 * one.also <= one.calls && one.from < spike.to && spike.from < one.to,
    );
  if (spike.workspace === null || filter.workspace !== undefined) return false;
  return all.some(
    ({ key, workspace, from, to }) =>
      workspace === null && key === spike.key && from < spike.to && spike.from < to,
  );
}

/** Adds causes and, by lineage, where each comes from. */
async function explained(
  ctx: ViewContext,
  spikes: readonly PlainSpike[],
  { principal }: ExplainFilter,
): Promise<SpikeView[]> {
  const intervals = spikes.map(({ key, workspace, from, to }, no) => ({
    no,
    key,
    workspace,
    from,
    to,
  }));
  const rooted = Map.groupBy(
    intervals.length === 0 ? [] : await readRoots(ctx.db, intervals),
    ({ no }) => no,
  );
  const origins = spikes.map(({ calls }, no) => {
    const rows = rooted.get(no) ?? [];
    const all = spikeOrigins(rows, { calls, callsMin: echoCallsMin });
    return {
      echo: spikeOrigin(rows, calls).origin,
      echoes: all.filter(({ generation }) => generation > 0),
    };
  });
  const chains = await echoChains(
    ctx,
    spikes.map(({ key, workspace }, no) => ({ key, workspace, cohort: origins[no]?.echo ?? null })),
  );
  const views: SpikeView[] = [];
  for (const [no, { parts, also: _, ...spike }] of spikes.entries()) {
    const causes = await causesOf(ctx, { ...spike, principal }, parts);
    const [mainCause, main] = mostOf(Object.entries(causes));
    const facts = {
      ...spike,
      direction: 'spike' as const,
      drop: null,
      causes,
      mainCause,
      mainShare: spike.calls === 0 ? 0 : main / spike.calls,
      echo: origins[no]?.echo ?? null,
      echoes: origins[no]?.echoes ?? [],
      chain: chains[no] ?? [],
    };
    views.push({ ...facts, sentence: spikeSentence(facts) });
  }
  return views;
}

/** A key's parts are kept by the minute; a workspace's are counted from its own minutes, the log's are inferred. */
async function causesOf(
  ctx: ViewContext,
  spike: Omit<PlainSpike, 'parts' | 'also'> & { principal: string | undefined },
  parts: ReadonlyMap<string, number>,
): Promise<Counts> {
  const told = parts.size > 0 ? parts : await spikeParts(ctx, spike);
  // Of a log whose events retention has dropped nothing tells the causes.
  return Object.fromEntries(told.size > 0 ? told : [['unknown', spike.calls]]);
}

function chartOf(
  series: readonly NamedSeries[],
  of: { window: TimeWindow; coveredUntil: number | null; ofKey: boolean },
): Pick<SpikesView, 'bucketMs' | 'buckets'> {
  const { window, coveredUntil, ofKey } = of;
  const minutes = Math.ceil((window.to - window.from) / minuteMs);
  const bucketMs = Math.ceil(minutes / pointsMax) * minuteMs;
  const buckets: SpikesView['buckets'] = [];
  for (let start = window.from; start < window.to; start += bucketMs) {
    const incomplete = coveredUntil === null || start + bucketMs > coveredUntil;
    buckets.push({ start, calls: 0, expected: 0, incomplete });
  }
  for (const one of series) {
    const expected = expectedCounts(one);
    const first = (window.from - one.start) / minuteMs;
    for (let index = first; index < one.counts.length; index += 1) {
      const bucket = buckets[Math.floor(((index - first) * minuteMs) / bucketMs)];
      if (bucket === undefined) break;
      bucket.calls += (one.counts[index] ?? 0) - (ofKey ? 0 : (one.also[index] ?? 0));
      bucket.expected += expected[index] ?? 0;
    }
  }
  return { bucketMs, buckets };
}

const sum = (counts: Float64Array): number => counts.reduce((all, n) => all + n, 0);
