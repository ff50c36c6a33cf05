/** Health checks: one operation by one process at a steady pace, whatever else happens. */
import { lowerIndex } from './lower-edge.ts';
import { roleOf } from './roles.ts';
import type { Stream } from './streams.ts';

export interface Probe {
  operation: string;
  process: number;
  everyMs: number;
  uses: number;
  /** When, in order, and how far off its pace nearly all of them are at most. */
  instants: readonly number[];
  offMs: number;
}

const usesMin = 8;
/** Fewer may keep a pace by chance, or because somebody tried something out. */
const plainUsesMin = 30;
const everyMsMin = 1_000;
const probeMsMax = 2 * 3_600_000;
/** Log times are whole seconds, and a timer's work takes a moment. */
const slackMs = 2_500;
const slackShare = 0.04;
const steadyMin = 0.85;
const keptShareMin = 0.75;
const twinMsMax = 1_000;
const twinsMax = 0.25;

/**
 * The stream's probes. Only uses with one constant context, or none, qualify: keys asked for again a TTL after their
 * load come at a pace too, and nobody knows of what an export leaves out.
 */
export function probesOf(stream: Stream): Probe[] {
  if (stream.values.length > 1 || stream.isLeftOut) return [];
  const series = new Map<string, { operation: string; process: number; at: number[] }>();
  for (const [index, { operation, at }] of stream.uses.entries()) {
    const process = stream.processes[index] ?? 0;
    const id = JSON.stringify([operation, process]);
    const known = series.get(id) ?? { operation, process, at: [] };
    known.at.push(at);
    series.set(id, known);
  }
  const found = [...series.values()].flatMap(({ operation, process, at }) => {
    const everyMs = paceOf(at);
    return everyMs === null || !isKept(at, everyMs)
      ? []
      : [{ operation, process, everyMs, uses: at.length, instants: at, offMs: offOf(at, everyMs) }];
  });
  // A single cached key in steady use comes back at its TTL; a check makes its pair, or has none.
  const pairs = new Set(found.map(({ operation }) => operation)).size > 1;
  const uncached = found.some(({ operation }) => roleOf(operation) !== 'load');
  return pairs || uncached || stream.values.length === 0 ? found : [];
}

/** A check goes on all the time; a cache that is filled at a pace has done with it. */
const isKept = (at: readonly number[], everyMs: number): boolean =>
  (at.length - 1) * everyMs >= keptShareMin * ((at.at(-1) ?? 0) - (at[0] ?? 0));

const besideMax = 3;
const nearlyAll = 0.9;

function offOf(instants: readonly number[], everyMs: number): number {
  const off = instants.slice(1).map((at, index) => {
    const gap = at - (instants[index] ?? at);
    return Math.abs(gap - Math.max(1, Math.round(gap / everyMs)) * everyMs);
  });
  return slackMs + (off.sort((a, b) => a - b)[Math.floor(nearlyAll * off.length)] ?? 0);
}

/** Whether a use at `at` comes a few paces before or after another one. What a restart asks for in between does not. */
export function isOnPace({ everyMs, instants, offMs }: Probe, at: number): boolean {
  for (let times = -besideMax; times <= besideMax; times += 1) {
    const due = at + times * everyMs;
    const beside = instants[lowerIndex(instants, due - offMs)];
    if (times !== 0 && beside !== undefined && beside <= due + offMs) return true;
  }
  return false;
}

/** Whether they are seen often enough to be told as what they are, not as a guess. */
export const isPlain = (probes: readonly Probe[]): boolean =>
  probes.reduce((sum, { uses }) => sum + uses, 0) >= plainUsesMin;

/** The pace that these instants keep; null where they keep none. */
export function paceOf(
  instants: readonly number[],
  { runsMin, everyMsMax } = { runsMin: usesMin, everyMsMax: probeMsMax },
): number | null {
  if (instants.length < runsMin) return null;
  const all = instants.slice(1).map((at, index) => at - (instants[index] ?? at));
  // A clock that is set back has two hours in one: some instants come twice.
  const apart = all.filter((gap) => gap > twinMsMax);
  const gaps = all.length - apart.length <= twinsMax * all.length ? apart : all;
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  if (median < everyMsMin || median > everyMsMax) return null;
  const slack = Math.max(slackMs, median * slackShare);
  // A check that failed leaves a gap of a whole number of paces.
  const steady = gaps.filter((gap) => {
    const times = Math.max(1, Math.round(gap / median));
    return times <= 3 && Math.abs(gap - times * median) <= slack && median > 2 * slackMs;
  }).length;
  if (steady < steadyMin * gaps.length) return null;
  const span = (instants.at(-1) ?? 0) - (instants[0] ?? 0);
  return Math.round(span / Math.max(1, Math.round(span / median)));
}
