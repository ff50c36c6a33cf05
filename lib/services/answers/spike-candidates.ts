import type { KeyFilter } from '../../domain/key-filter.ts';
import { detectSpikes } from '../../explain/spikes/detect-spikes.ts';
import { echoCallsMin } from '../../explain/spikes/echo-chain.ts';
import { minuteScores } from '../../explain/spikes/minute-scores.ts';
import { notToldPart } from '../../explain/spikes/request-series.ts';
import { spikeOrigin, spikeOrigins } from '../../explain/spikes/spike-origin.ts';
import { mostOf } from '../../explain/words/busiest.ts';
import { spikeSentence } from '../../explain/words/spike-sentence.ts';
import type { Counts } from '../../shared/counts.ts';
import { spikeHref, spikeId } from '../../shared/spike-id.ts';
import type { SpikeView } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readJoinedCauses } from '../../store/views/spikes/read-joined-causes.ts';
import { readRoots } from '../../store/views/spikes/read-roots.ts';
import type { ViewContext } from '../context.ts';
import { echoChains } from './echo-chains.ts';
import { spikeParts } from './spike-causes.ts';
import { type NamedSeries, sum } from './spike-series.ts';

const minuteMs = 60_000;

/** A spike as its series shows it. */
export type PlainSpike = Omit<
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

export function spikesOf(
  series: NamedSeries,
  window: TimeWindow,
  scores = minuteScores(series.counts),
): PlainSpike[] {
  const { start, counts, also, key, workspace, unit, parts } = series;
  const at = (index: number) => start + index * minuteMs;
  // What is not told yet is no cause: it would stand out wherever telemetry is late.
  const told = new Map([...parts].filter(([part]) => part !== notToldPart));
  return detectSpikes({ start, counts, parts: told }, scores).flatMap((spike): PlainSpike[] => {
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

/** Adds causes and, by lineage, where each comes from. */
export async function explained(
  ctx: ViewContext,
  spikes: readonly PlainSpike[],
  { principal }: KeyFilter,
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
  const joined =
    principal === undefined || intervals.length === 0
      ? new Map<number, Map<string, number>>()
      : await readJoinedCauses(ctx.db, principal, intervals);
  const views: SpikeView[] = [];
  for (const [no, { parts, also: _, ...spike }] of spikes.entries()) {
    const causes = await causesOf(ctx, { ...spike, principal }, { parts, joined: joined.get(no) });
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

/**
 * A key's parts are kept by the minute; a workspace's are counted from its own minutes, the log's are inferred. One
 * caller's events have the causes of the calls that they are joined with; what is not joined has none.
 */
async function causesOf(
  ctx: ViewContext,
  spike: Omit<PlainSpike, 'parts' | 'also'> & { principal: string | undefined },
  { parts, joined }: { parts: Map<string, number>; joined: Map<string, number> | undefined },
): Promise<Counts> {
  if (joined !== undefined) {
    const alone = spike.calls - sum([...joined.values()]);
    return Object.fromEntries(alone > 0 ? [...joined, ['unknown', alone]] : joined);
  }
  const told = parts.size > 0 ? parts : await spikeParts(ctx, spike);
  // Of a log whose events retention has dropped nothing tells the causes.
  return Object.fromEntries(told.size > 0 ? told : [['unknown', spike.calls]]);
}
