/** What the explanations are made from: sums of the window, already cut to it. Pure data. */
import type { WindowSum } from '../../domain/window-facts.ts';

export interface WindowFacts {
  window: { from: number; to: number };
  sums: readonly WindowSum[];
  /** Sums of the part of the window that the audit log does not cover yet. */
  uncovered: readonly WindowSum[];
  /** Sums of the part of the window for which some process has not yet sent both its signals. */
  untold: readonly WindowSum[];
  /** Before this instant every process has sent its telemetry; Infinity where none is expected. */
  toldUntil: number;
  edges: { attempts: number; events: number };
  /** The window shows one process only: events belong to a key, so only events of its own attempts count. */
  ofProcess: boolean;
  principals: ReadonlyMap<string, { name: string; ours: boolean }>;
  /** Keys of another account than their callers': their log never shows our failures. */
  crossAccountKeys: ReadonlySet<string>;
  /** Before this instant the log is complete; null where there is none. */
  coveredUntil: number | null;
  /** The log consists of files, with no live source: nothing more will come. */
  filesAlone: boolean;
  lagMs: number | null;
  /** Where the window reaches past retention: before this instant only sums are kept. */
  sumsBefore: number | null;
  /** Messages as the user counted them, where telemetry has none. */
  messagesGiven: number | null;
}

/** Sum of `n` over the sums that fit. */
export function total(sums: readonly WindowSum[], fits: (sum: WindowSum) => boolean): number {
  return sums.reduce((all, sum) => (fits(sum) ? all + sum.n : all), 0);
}

/**
 * What kind of event it is, once we know whether its principal is ours. Without telemetry no event is matched, so a
 * principal that makes claims is taken at its word.
 */
export function eventKind(
  state: string,
  ours: boolean,
): 'matched' | 'copy' | 'other' | 'lost' | 'suspect' | 'stranger' {
  if (state === 'copy' || state === 'other') return state;
  // Another principal copied our claim: the event is that principal's use.
  if (!ours) return 'stranger';
  if (state === 'matched') return state;
  return state === 'claim-new' ? 'lost' : 'suspect';
}

/** These kinds can change when telemetry of a matching call arrives late. */
export const isJudgedByTelemetry = (kind: string): kind is 'lost' | 'suspect' | 'stranger' =>
  kind === 'lost' || kind === 'suspect' || kind === 'stranger';

/** Ids of the principals that are ours. */
export function ourPrincipals(
  facts: Pick<WindowFacts, 'principals' | 'sums'>,
): ReadonlySet<string> {
  const known = [...facts.principals].flatMap(([id, { ours }]) => (ours ? [id] : []));
  if (known.length > 0 || facts.sums.some(({ measure }) => measure === 'calls'))
    return new Set(known);
  return new Set(
    facts.sums.flatMap(({ measure, label, process }) =>
      measure === 'events' && label === 'claim-new' ? [process] : [],
    ),
  );
}
