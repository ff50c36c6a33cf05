/**
 * Load cohorts by lineage: which cohort each burst is an echo of. A burst's calls are grouped by the cohort of their
 * roots; bursts of one cohort form a chain. No statistics here.
 */
import type { EchoStep, RootKind } from '../../shared/spike-view.ts';
import { type RootedCalls, spikeOrigin } from '../spikes/spike-origin.ts';
import type { Burst } from './find-bursts.ts';

/** Calls of one burst that share a root's minute and cause, and a generation. */
export interface TracedCalls {
  /** Index of the burst. */
  burst: number;
  rootCause: string | null;
  rootAt: number | null;
  generation: number;
  /** Mean instant of these calls, epoch ms. */
  at: number;
  n: number;
}

export interface ChainPoint {
  /** Null for a generation too small to be a burst. */
  burst: number | null;
  generation: number;
  at: number;
  calls: number;
}

export interface LoadChain {
  kind: RootKind;
  /** When its first root was. */
  rootAt: number;
  /** By generation, each once. */
  points: ChainPoint[];
}

/** A cohort with a smaller share of a burst does not explain it. */
const shareMin = 0.25;
/** Roots with a smaller share of a burst are background. */
const backgroundShare = 0.02;
const cohortsPerBurst = 3;
/** Roots this close together began together. */
const togetherMs = 5 * 60_000;
/** So long after the first call of a generation at the latest half of it has come. */
const apartMs = 15 * 60_000;

/** Chains in the order of their roots; a burst belongs to each cohort that has a quarter of it or more. */
export function loadChains(bursts: readonly Burst[], traced: readonly TracedCalls[]): LoadChain[] {
  const byBurst = Map.groupBy(traced, ({ burst }) => burst);
  const labelled = bursts.flatMap(({ calls }, burst) =>
    labelsOf(byBurst.get(burst) ?? [], { burst, calls }),
  );
  const sorted = labelled.sort(
    (a, b) => compare(a.kind, b.kind) || a.rootAt - b.rootAt || a.point.at - b.point.at,
  );
  const chains: { kind: RootKind; rootAt: number; lastRootAt: number; points: ChainPoint[] }[] = [];
  for (const { kind, rootAt, point } of sorted) {
    const last = chains.at(-1);
    if (last !== undefined && last.kind === kind && rootAt - last.lastRootAt <= togetherMs) {
      last.points.push(point);
      last.lastRootAt = rootAt;
    } else chains.push({ kind, rootAt, lastRootAt: rootAt, points: [point] });
  }
  return chains
    .map(({ kind, rootAt, points }) => ({ kind, rootAt, points: generations(points) }))
    .sort((a, b) => a.rootAt - b.rootAt || compare(a.kind, b.kind));
}

/**
 * The chain with those echoes that lineage knows but that are too small to be bursts, as long as they come together: of
 * one that has come apart no instant says when it was.
 */
export function withEchoes(chain: LoadChain, steps: readonly EchoStep[]): LoadChain {
  const known = new Set(chain.points.map(({ generation }) => generation));
  const more = steps
    .filter(({ generation, from, mid }) => !known.has(generation) && mid - from <= apartMs)
    // A few that are late, because they were not used for hours, do not move the middle one.
    .map(({ generation, mid, calls }) => ({ burst: null, generation, at: mid, calls }));
  const points = [...chain.points, ...more].sort((a, b) => a.generation - b.generation);
  return { ...chain, points };
}

interface Label {
  kind: RootKind;
  rootAt: number;
  point: ChainPoint;
}

function labelsOf(
  rows: readonly TracedCalls[],
  { burst, calls }: { burst: number; calls: number },
): Label[] {
  const found: Label[] = [];
  const rooted = rows.filter(({ n }) => n >= calls * backgroundShare);
  let left: (TracedCalls & RootedCalls)[] = rooted
    .map((row) => ({ ...row, process: '' }))
    .sort(
      (a, b) =>
        (a.rootAt ?? 0) - (b.rootAt ?? 0) ||
        a.generation - b.generation ||
        a.at - b.at ||
        a.n - b.n,
    );
  while (found.length < cohortsPerBurst) {
    const { origin, rest } = spikeOrigin(left, calls);
    if (origin === null || origin.share < shareMin) break;
    const { kind, at: rootAt, generation } = origin;
    const others = new Set(rest);
    const own = left.filter((row) => !others.has(row) && row.generation === generation);
    found.push({ kind, rootAt, point: { burst, generation, ...meanOf(own) } });
    left = rest;
  }
  return found;
}

/** A generation that came as two bursts is one point. */
function generations(points: readonly ChainPoint[]): ChainPoint[] {
  const byGeneration = Map.groupBy(points, ({ generation }) => generation);
  return [...byGeneration]
    .map(([generation, own]) => {
      const first = own.reduce((most, one) => (one.calls > most.calls ? one : most));
      const mean = meanOf(own.map(({ at, calls }) => ({ at, n: calls })));
      return { burst: first.burst, generation, ...mean };
    })
    .sort((a, b) => a.generation - b.generation);
}

function meanOf(rows: readonly { at: number; n: number }[]): { at: number; calls: number } {
  const calls = rows.reduce((sum, { n }) => sum + n, 0);
  const origin = rows[0]?.at ?? 0;
  const offset = rows.reduce((sum, { at, n }) => sum + (at - origin) * n, 0);
  return { at: origin + (calls > 0 ? offset / calls : 0), calls };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
