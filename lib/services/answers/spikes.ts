import type { KeyFilter } from '../../domain/key-filter.ts';
import { benjaminiHochberg } from '../../explain/spikes/detect-spikes.ts';
import { minuteScores } from '../../explain/spikes/minute-scores.ts';
import { spikesSentence } from '../../explain/words/spike-sentence.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import type { SpikesView, SpikeUnit, SpikeView } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readAuditSources } from '../../store/entities/audit-sources.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { coverageOf } from './coverage.ts';
import { findDrops } from './drops.ts';
import { cohortsAhead } from './echoes-ahead.ts';
import { keptSpikes } from './kept-spikes.ts';
import { keyFilter } from './key-filter.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { explained, type PlainSpike, spikesOf } from './spike-candidates.ts';
import { type ChartPart, chartOf, chartPart, keptParts } from './spike-chart.ts';
import { type NamedSeries, readSeries, type SpikesInput, searchedMost } from './spike-series.ts';
import { watermarkOf } from './watermark.ts';

const minuteMs = 60_000;
const falseDiscoveries = 0.01;
const spikesListed = 100;
/** A window that ended no longer ago still shows what comes next. */
const recentMs = 30 * minuteMs;

/** A spike as its series shows it, or as it was told when it was looked for. */
type FoundSpike = PlainSpike | (SpikeView & { also: number });

/** What stands out in the series of a window, before it is weighed. */
interface Detected {
  found: FoundSpike[];
  drops: SpikeView[];
  /** Drops that were not looked into. */
  unseenDrops: number;
  /** How many series were searched, and their most of one kind, where there may be more; else null. */
  series: number;
  searched: number | null;
  unit: SpikeUnit;
  chart(): Promise<ChartPart[]>;
}

export interface FoundSpikes {
  spikes: SpikeView[];
  /** Spikes beyond those listed, and drops that were not looked into. */
  more: number;
  unseenDrops: number;
  detected: Detected;
}

/** The window's spikes and drops, largest excess or lack first, and what they were found in. */
export async function findSpikes({
  ctx,
  input,
}: {
  ctx: ViewContext;
  input: SpikesInput & { spikesMax: number };
}): Promise<FoundSpikes> {
  const { window, filter, spikesMax } = input;
  const detected = (await kept(ctx, input)) ?? (await detect(ctx, input));
  const { found, drops, series } = detected;
  const keep = benjaminiHochberg(
    found.map(({ pValue }) => pValue),
    falseDiscoveries,
    // Every minute of every series was asked whether it is one.
    series * Math.ceil((window.to - window.from) / minuteMs),
  );
  const real = found.filter((_, at) => keep[at]);
  const distinct = real
    .filter((spike) => !isPartOfAnother(spike, real, filter))
    .sort((a, b) => b.excess - a.excess || a.from - b.from);
  const listed = distinct.slice(0, spikesMax);
  const most = (view: SpikeView) => Math.abs(view.excess);
  const spikes = [...(await told(ctx, listed, filter)), ...drops];
  return {
    spikes: spikes.sort((a, b) => most(b) - most(a) || a.from - b.from),
    more: distinct.length - listed.length,
    unseenDrops: detected.unseenDrops,
    detected,
  };
}

async function detect(ctx: ViewContext, input: SpikesInput): Promise<Detected> {
  const { window, filter } = input;
  const series = await readSeries(ctx, input);
  const isShown = ({ workspace }: NamedSeries) => workspace === (filter.workspace ?? null);
  const { drops, unseen } = await findDrops(ctx, { window, filter, series });
  const parts: ChartPart[] = [];
  const found = series.flatMap((one) => {
    const scores = minuteScores(one.counts);
    if (isShown(one)) parts.push(chartPart(one, scores.expected));
    return spikesOf(one, window, scores);
  });
  return {
    ...{ found, drops, unseenDrops: unseen },
    series: series.length,
    searched: searchedMost(series),
    unit: series.some((one) => isShown(one) && one.unit === 'calls') ? 'calls' : 'events',
    chart: async () => parts,
  };
}

async function kept(ctx: ViewContext, input: SpikesInput): Promise<Detected | null> {
  const found = await keptSpikes(ctx, input);
  return found && { ...found, chart: () => keptParts(ctx, input) };
}

const isTold = (spike: FoundSpike): spike is SpikeView & { also: number } => 'sentence' in spike;

/** Each as it is told, in the order given. */
async function told(
  ctx: ViewContext,
  spikes: readonly FoundSpike[],
  filter: KeyFilter,
): Promise<SpikeView[]> {
  const plain = spikes.filter((spike): spike is PlainSpike => !isTold(spike));
  const views = new Map<FoundSpike, SpikeView>();
  for (const [no, view] of (await explained(ctx, plain, filter)).entries()) {
    const spike = plain[no];
    if (spike !== undefined) views.set(spike, view);
  }
  return spikes.flatMap((spike) => {
    if (!isTold(spike)) return views.get(spike) ?? [];
    const { also: _, ...view } = spike;
    return view;
  });
}

/** @see SpikesView */
export const listSpikes = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { window: TimeWindow; filter: ExplainFilter };
}): Promise<SpikesView> => oneSnapshot(ctx, (view) => spikesIn(view, input));

async function spikesIn(
  ctx: ViewContext,
  given: { window: TimeWindow; filter: ExplainFilter },
): Promise<SpikesView> {
  const window = wholeMinutes(given.window);
  const filter = await keyFilter(ctx, given.filter);
  const { spikes, more, unseenDrops, detected } = await findSpikes({
    ctx,
    input: { window, filter, spikesMax: spikesListed },
  });
  const { unit, searched } = detected;
  const sources = await readAuditSources(ctx.db);
  const { wholeUntil } = await watermarkOf(ctx, sources);
  const now = await ctx.now();
  const chart = chartOf(await detected.chart(), {
    ...{ window, wholeUntil },
    ofKey: filter.keys !== undefined,
  });
  const { text, links } = spikesSentence(spikes, {
    ...{ window, more, unseenDrops, unit, searched },
    counted: chart.buckets.reduce((sum, { calls }) => sum + calls, 0),
  });
  return {
    window,
    now,
    coveredUntil: coverageOf(sources),
    spikes,
    more,
    ahead: now < window.to + recentMs ? await cohortsAhead(ctx, spikes) : [],
    ...chart,
    unit,
    sentence: text,
    links,
  };
}

/**
 * A workspace's spike within one of its key's is told by that one's parts; so are requests that used two keys by the
 * first key's, but where the other one is asked for.
 */
function isPartOfAnother(
  spike: FoundSpike,
  all: readonly FoundSpike[],
  filter: KeyFilter,
): boolean {
  if (filter.keys === undefined && 2 * spike.also > spike.calls)
    return all.some(
      (one) => 2 * one.also <= one.calls && one.from < spike.to && spike.from < one.to,
    );
  if (spike.workspace === null || filter.workspace !== undefined) return false;
  return all.some(
    ({ key, workspace, from, to }) =>
      workspace === null && key === spike.key && from < spike.to && spike.from < to,
  );
}
