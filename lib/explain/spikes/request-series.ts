/** Minute counts of a key's requests, assembled from the hours in which they are stored. Pure. */

import type { SpikeUnit } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Sixty counts of one label, as the roll-ups keep them: `calls:<cause>` or `events:<state>:<principal>`. */
export interface LabelledHour {
  hour: number;
  label: string;
  counts: readonly number[];
}

export interface RequestSeries {
  /** Epoch ms of the first minute. */
  start: number;
  unit: SpikeUnit;
  counts: Float64Array;
  /** Events among them that another key has too: a sum over keys leaves them out. */
  also: Float64Array;
  /**
   * Counts by cause, or by principal where no call of ours explains the events; they sum to `counts`. Empty where the
   * unit is `events`: the roll-ups do not tell why, or whose.
   */
  parts: Map<string, Float64Array>;
  /** Log events that calls of ours explain; null where the unit is `events`, or they are not kept apart. */
  logged: Float64Array | null;
}

export interface SeriesSpan {
  span: TimeWindow;
  ours: ReadonlySet<string>;
  /** From here on an event's call may not have arrived, so whose it is is unknown. Default: never. */
  toldUntil?: number;
  /** Telemetry tells the key's calls by another name: they are that series'. */
  called?: boolean;
}

/**
 * A key's requests: its calls by cause, and events that no call explains. Where these hours have no call at all, the
 * log's events, without causes.
 */
export function requestSeries(
  hours: readonly LabelledHour[],
  { span, ours, toldUntil = Number.POSITIVE_INFINITY, called = false }: SeriesSpan,
): RequestSeries {
  const hasCalls = called || hours.some(({ label }) => headOf(label)[0] === 'calls');
  const unit: SpikeUnit = hasCalls ? 'calls' : 'events';
  const start = Math.floor(span.from / hourMs) * hourMs;
  const length = Math.ceil((span.to - start) / minuteMs);
  const counts = new Float64Array(length);
  const also = new Float64Array(length);
  const parts = new Map<string, Float64Array>();
  const logged = unit === 'calls' ? new Float64Array(length) : null;
  const told = Math.min(length, (toldUntil - start) / minuteMs);
  const addPart = (part: string, own: readonly number[], at: number, within: Minutes) => {
    if (within.from >= within.to) return;
    let into = parts.get(part);
    if (into === undefined) {
      into = new Float64Array(length);
      parts.set(part, into);
    }
    addHour(into, own, at, within);
  };
  for (const { hour, label, counts: own } of hours) {
    const part = partOf(label, ours);
    const at = (hour - start) / minuteMs;
    const all = { from: 0, to: length };
    if (logged !== null && part === null) {
      addHour(logged, own, at, all);
      continue;
    }
    addHour(counts, own, at, all);
    if (isAlso(label)) addHour(also, own, at, all);
    if (unit === 'events' || part === null) continue;
    const judged = headOf(label)[0] === 'calls' ? length : told;
    addPart(part, own, at, { from: 0, to: judged });
    addPart(notToldPart, own, at, { from: judged, to: length });
  }
  return { start, unit, counts, also, parts, logged };
}

/** A workspace's requests, summed by the minute. */
export function workspaceSeries(
  hours: readonly LabelledHour[],
  { span, unit }: { span: TimeWindow; unit: SpikeUnit },
): RequestSeries {
  const start = Math.floor(span.from / hourMs) * hourMs;
  const counts = new Float64Array(Math.ceil((span.to - start) / minuteMs));
  const also = new Float64Array(counts.length);
  const all = { from: 0, to: counts.length };
  for (const { hour, label, counts: own } of hours) {
    if ((label === 'requests') !== (unit === 'calls')) continue;
    addHour(counts, own, (hour - start) / minuteMs, all);
    if (isAlso(label)) addHour(also, own, (hour - start) / minuteMs, all);
  }
  return { start, unit, counts, also, parts: new Map(), logged: null };
}

/** Minutes of a series. */
interface Minutes {
  from: number;
  to: number;
}

function addHour(
  into: Float64Array,
  counts: readonly number[],
  at: number,
  { from, to }: Minutes,
): void {
  for (let minute = 0; minute < 60; minute += 1) {
    const index = at + minute;
    if (index < from || index >= to) continue;
    into[index] = (into[index] ?? 0) + (counts[minute] ?? 0);
  }
}

const isAlso = (label: string): boolean => headOf(label)[0] === 'events-also';

/** Null for an event that is already counted as a call. */
function partOf(label: string, ours: ReadonlySet<string>): string | null {
  const [kind, rest] = headOf(label);
  if (kind === 'calls') return rest;
  const [state, principal] = headOf(rest);
  return state === 'matched' ? null : foreignPart(state, ours.has(principal));
}

/** What stands before the first colon, and all that follows it: causes and principals may hold colons. */
function headOf(text: string): [head: string, rest: string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** What an event is called while its call may still arrive. */
export const notToldPart = 'unknown';

/** Parts whose requests are not the service's. */
export const outsiders: ReadonlySet<string> = new Set(['stranger', 'suspect']);

/** What a spike calls an event that no call of ours explains. */
export function foreignPart(state: string, ours: boolean): string {
  if (!ours) return 'stranger';
  return state === 'claim-new' ? 'telemetry-lost' : 'suspect';
}
