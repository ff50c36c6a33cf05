/**
 * The lines of the heatmap. Bursts chained by lineage are an echo. Bursts that stay in their minute and continue no
 * deploy are a schedule. The rest form lines by their times alone, or stand alone. Long upright lines come first: a job
 * as regular as the TTL continues its own leases, and lineage alone would call it an echo.
 */
import type { RootKind } from '../../shared/spike-view.ts';
import { burstRows, fitSlope, numbered, type RowStep } from './burst-rows.ts';
import type { Burst } from './find-bursts.ts';
import type { LoadChain } from './load-chains.ts';

export interface FoundLine {
  kind: 'echo' | 'schedule' | 'deploy';
  points: { at: number; calls: number }[];
  driftMinutes: number | null;
  /** Null for a burst alone. */
  periodMs: number | null;
  /** The burst that it begins with here. */
  first: Burst;
  /** What it began with, by lineage; null where unknown. */
  root: { kind: RootKind; rootAt: number; generation: number } | null;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const uprightToleranceMs = 1.2 * minuteMs;
/** So many bursts in one minute of the hour are no echo, whatever lineage says, unless a deploy began them. */
const longRow = 6;
/** The fewest bursts of a slanted row that rests on times alone. */
const slantedRow = 4;
const mainShare = 0.5;
const chainShare = 0.6;
/** These happen to a process once: no job repeats them hourly. */
const onceKinds: ReadonlySet<RootKind> = new Set(['deploy', 'recovery', 'eviction']);

interface Facts {
  bursts: readonly Burst[];
  chains: readonly LoadChain[];
}

/** Bursts that belong to no line yet. */
type Left = Set<number>;

/** Schedules by their long rows, and echoes by lineage; `left` holds the bursts that neither explains. */
export function tracedLines({ bursts, chains }: Facts): {
  schedules: FoundLine[];
  echoes: FoundLine[];
  left: Left;
} {
  const left: Left = new Set(bursts.keys());
  const schedules: FoundLine[] = [];
  for (const kernel of uprightRows(bursts, left)) {
    if (kernel.length < longRow || isEcho(kernel, chains)) continue;
    const row = inItsMinute(kernel, bursts, left);
    schedules.push(...lineOf('schedule', row, bursts, hourMs));
    for (const index of row) left.delete(index);
  }
  const echoes = chains.flatMap((chain) => echoOf(chain, { bursts, left }) ?? []);
  return { schedules, echoes, left };
}

/** Slanted rows of the remaining bursts, for this period; removes their bursts from `left`. */
export function slantedLines(
  bursts: readonly Burst[],
  { left, periodMs }: { left: Left; periodMs: number },
): FoundLine[] {
  const toleranceMs = Math.max(1.5 * minuteMs, periodMs / 25);
  return rowsOf(bursts, left, { periodMs, toleranceMs, steady: false }).flatMap((row) => {
    if (row.length < slantedRow || fitOf(row, bursts, periodMs)?.upright !== false) return [];
    for (const index of row) left.delete(index);
    return lineOf('echo', row, bursts, periodMs);
  });
}

/** Upright rows of the remaining bursts; removes their bursts from `left`. */
export function uprightLines(bursts: readonly Burst[], left: Left): FoundLine[] {
  return uprightRows(bursts, left).flatMap((row) => {
    for (const index of row) left.delete(index);
    return lineOf('schedule', row, bursts, hourMs);
  });
}

/** Bursts that stand alone, largest first, with what lineage says of them. */
export function loneLines({ bursts, chains }: Facts, left: Left): FoundLine[] {
  const lone = [...left].flatMap((index): FoundLine[] => {
    const burst = bursts[index];
    if (burst === undefined) return [];
    const root = rootOf(index, burst, chains);
    const kind = root !== null && root.generation > 0 ? 'echo' : 'deploy';
    const points = [{ at: burst.at, calls: Math.round(burst.excess) }];
    return [{ kind, points, driftMinutes: null, periodMs: null, first: burst, root }];
  });
  return lone.sort((a, b) => b.first.excess - a.first.excess || a.first.from - b.first.from);
}

function rootOf(index: number, burst: Burst, chains: readonly LoadChain[]): FoundLine['root'] {
  for (const { kind, rootAt, points } of chains) {
    const own = points.find((point) => point.burst === index);
    if (own !== undefined && own.calls >= burst.excess * mainShare)
      return { kind, rootAt, generation: own.generation };
  }
  return null;
}

/** Rows of indexes into `bursts`, of those that remain. */
function rowsOf(bursts: readonly Burst[], left: Left, step: RowStep): number[][] {
  const indexes = [...left].sort((a, b) => instantOf(bursts, a) - instantOf(bursts, b));
  const instants = indexes.map((index) => instantOf(bursts, index));
  return burstRows(instants, step).map((row) => row.map((at) => indexes[at] ?? 0));
}

/** Rows in one minute of the hour, however long the pauses. */
function uprightRows(bursts: readonly Burst[], left: Left): number[][] {
  const step = { periodMs: hourMs, toleranceMs: uprightToleranceMs, steady: true };
  const rows = rowsOf(bursts, left, step).filter(
    (row) => fitOf(row, bursts, hourMs)?.upright === true,
  );
  const merged: { phase: number; row: number[] }[] = [];
  for (const row of rows) {
    const phase = phaseOf(row, bursts);
    const same = merged.find((one) => apart(one.phase, phase) <= uprightToleranceMs);
    if (same === undefined) merged.push({ phase, row });
    else same.row.push(...row);
  }
  return merged.map(({ row }) => row.sort((a, b) => instantOf(bursts, a) - instantOf(bursts, b)));
}

/** The row, with every remaining burst in its minute between its first and its last. */
function inItsMinute(row: readonly number[], bursts: readonly Burst[], left: Left): number[] {
  const phase = phaseOf(row, bursts);
  const [first, last] = [instantOf(bursts, row[0] ?? 0), instantOf(bursts, row.at(-1) ?? 0)];
  const own = new Set(row);
  return [...left]
    .filter((index) => {
      const at = instantOf(bursts, index);
      const near = at > first && at < last && apart(at % hourMs, phase) <= uprightToleranceMs;
      return own.has(index) || near;
    })
    .sort((a, b) => instantOf(bursts, a) - instantOf(bursts, b));
}

/** Mean time within the hour of a row that stays in its minute, ms. */
function phaseOf(row: readonly number[], bursts: readonly Burst[]): number {
  const first = instantOf(bursts, row[0] ?? 0);
  const offs = row.map((index) => {
    const after = instantOf(bursts, index) - first;
    return after - Math.round(after / hourMs) * hourMs;
  });
  const mean = offs.reduce((sum, off) => sum + off, 0) / Math.max(1, row.length);
  return (first + mean + hourMs) % hourMs;
}

function apart(one: number, other: number): number {
  const off = Math.abs(one - other) % hourMs;
  return Math.min(off, hourMs - off);
}

const instantOf = (bursts: readonly Burst[], index: number): number => bursts[index]?.at ?? 0;

const fitOf = (row: readonly number[], bursts: readonly Burst[], periodMs: number) =>
  fitSlope(
    numbered(
      row.map((index) => instantOf(bursts, index)),
      periodMs,
    ),
  );

/** Whether most of a row's bursts are generations of one chain that a deploy or a scan began. */
function isEcho(row: readonly number[], chains: readonly LoadChain[]): boolean {
  const members = new Set(row);
  return chains.some(
    ({ kind, points }) =>
      onceKinds.has(kind) &&
      points.filter(({ burst }) => burst !== null && members.has(burst)).length >=
        row.length * chainShare,
  );
}

/** A chain's line, without the points that a schedule has; null where fewer than two are left. Removes its bursts. */
function echoOf(
  { kind, rootAt, points }: LoadChain,
  { bursts, left }: { bursts: readonly Burst[]; left: Left },
): FoundLine | null {
  const own = points.filter(
    ({ burst }) => burst === null || left.has(burst) || onceKinds.has(kind),
  );
  const fit = fitSlope(own.map(({ generation, at }) => ({ no: generation, at })));
  const start = own.find(({ burst }) => burst !== null);
  const first = bursts[start?.burst ?? -1];
  if (fit === null || start === undefined || first === undefined) return null;
  for (const { burst, calls } of own)
    if (burst !== null && calls >= (bursts[burst]?.excess ?? 0) * mainShare) left.delete(burst);
  return {
    kind: 'echo',
    points: own.map(({ at, calls }) => ({ at, calls: Math.round(calls) })),
    driftMinutes: fit.driftMinutes,
    periodMs: fit.periodMs,
    first,
    root: { kind, rootAt, generation: own[0]?.generation ?? 0 },
  };
}

/** The line of a row; a row of no burst has none. */
function lineOf(
  kind: 'echo' | 'schedule',
  row: readonly number[],
  bursts: readonly Burst[],
  periodMs: number,
): FoundLine[] {
  const own = row.flatMap((index) => bursts[index] ?? []);
  const [first] = own;
  if (first === undefined) return [];
  const fit = fitOf(row, bursts, periodMs);
  return [
    {
      kind,
      points: own.map(({ at, excess }) => ({ at, calls: Math.round(excess) })),
      driftMinutes: kind === 'schedule' ? 0 : (fit?.driftMinutes ?? null),
      periodMs: fit?.periodMs ?? periodMs,
      first,
      root: null,
    },
  ];
}
