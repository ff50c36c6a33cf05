import {
  benjaminiHochberg,
  detectSpikes,
  expectedCounts,
} from '../../explain/spikes/detect-spikes.ts';
import { echoCallsMin } from '../../explain/spikes/echo-chain.ts';
import {
  type NamedSeries,
  notToldPart,
  requestSeries,
  workspaceSeries,
} from '../../explain/spikes/request-series.ts';
import { spikeOrigin, spikeOrigins } from '../../explain/spikes/spike-origin.ts';
import { mostOf } from '../../explain/words/busiest.ts';
import { spikeSentence, spikesSentence } from '../../explain/words/spike-sentence.ts';
import type { Counts } from '../../shared/counts.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import { spikeHref, spikeId } from '../../shared/spike-id.ts';
import type { SpikesView, SpikeView } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
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

export type FoundSpikes = { spikes: SpikeView[]; more: number; series: NamedSeries[] };

/** The window's spikes and drops, the largest excess or lack first, and the series they were found in. */
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
    // The detector tested every minute of every series.
    series.length * Math.ceil((window.to - window.from) / minuteMs),
  );
  const real = found.filter((_, at) => keep[at]);
  const distinct = real
    .filter((spike) => !isPartOfAnother(spike, real, filter))
    .sort((a, b) => b.excess - a.excess || a.from - b.from);
  const listed = distinct.slice(0, spikesMax);
  const drops = await findDrops(ctx, { window, filter, series });
  const most = (view: SpikeView) => Math.abs(view.excess);
  const spikes = [...(await explained(ctx, listed, filter)), ...drops];
  return {
    spikes: spikes.sort((a, b) => most(b) - most(a) || a.from - b.from),
    more: distinct.length - listed.length,
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
  const { spikes, more, series } = await findSpikes({
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
    sentence: spikesSentence(spikes, { window, more, unit, searched: searchedMost(series) }),
  };
}

/** How many keys and workspaces were searched, where there may be more; otherwise null. */
function searchedMost(series: readonly NamedSeries[]): number | null {
  const keys = series.filter(({ workspace }) => workspace === null).length;
  return Math.max(keys, series.length - keys) < seriesMax ? null : seriesMax;
}

/** Reads the keys' series, and those of their busiest workspaces. */
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
  // Who asked is not stored by workspace.
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
  /** Its requests that another key has too. */
  also: number;
};

function spikesOf(series: NamedSeries, window: TimeWindow): PlainSpike[] {
  const { start, counts, also, key, workspace, unit, parts } = series;
  const at = (index: number) => start + index * minuteMs;
  // What has not been told yet is no cause: it would stand out whenever telemetry is late.
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

function partsBetween(
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
 * A workspace's spike within its key's is told by the key's parts. Requests that used two keys are told for the first
 * key, unless the other one is asked for.
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

/** Adds causes, and by lineage where each comes from. */
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

/** A key's parts are stored by the minute; a workspace's are counted from its minutes, a log's are inferred. */
async function causesOf(
  ctx: ViewContext,
  spike: Omit<PlainSpike, 'parts' | 'also'> & { principal: string | undefined },
  parts: ReadonlyMap<string, number>,
): Promise<Counts> {
  const told = parts.size > 0 ? parts : await spikeParts(ctx, spike);
  // Nothing tells the causes of a log whose events retention has dropped.
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
