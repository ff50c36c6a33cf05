/** What the explanations are made from: sums of the window, already cut to it. Pure data. */
import type { WindowSum } from '../../domain/window-facts.ts';

export interface WindowFacts {
  window: { from: number; to: number };
  sums: readonly WindowSum[];
  /** Sums of the part of the window that the audit log does not cover yet. */
  uncovered: readonly WindowSum[];
  /** Sums of the part of the window that not every process has told yet, in both of its signals. */
  untold: readonly WindowSum[];
  /** Before this instant every process has told what it did; Infinity where none is waited for. */
  toldUntil: number;
  edges: { attempts: number; events: number };
  /** Cut to one process: events are the key's, and nobody's of them but by way of its attempts. */
  ofProcess: boolean;
  principals: ReadonlyMap<string, { name: string; ours: boolean }>;
  /** Keys whose callers' account is not the key's: their log never shows our failures. */
  crossAccountKeys: ReadonlySet<string>;
  /** Before this instant the log is complete; null where there is none. */
  coveredUntil: number | null;
  /** The log is files and no live source: no more of it is to come. */
  filesAlone: boolean;
  lagMs: number | null;
  /** Where the window begins before what is kept one by one: until then there are sums only. */
  sumsBefore: number | null;
  /** Messages as the user counted them, where telemetry has none. */
  messagesGiven: number | null;
}

/** Sum of `n` over the sums that fit. */
export function total(sums: readonly WindowSum[], fits: (sum: WindowSum) => boolean): number {
  return sums.reduce((all, sum) => (fits(sum) ? all + sum.n : all), 0);
}

/**
 * What an audit event is, once it is known whose principal made it. A log read without any telemetry has no matched
 * event: there, principals that make claims are taken at their word.
 */
export function eventKind(
  state: string,
  ours: boolean,
): 'matched' | 'copy' | 'other' | 'lost' | 'suspect' | 'stranger' {
  if (state === 'copy' || state === 'other') return state;
  // Matched by a claim that another principal copied, it is that principal's use all the same.
  if (!ours) return 'stranger';
  if (state === 'matched') return state;
  return state === 'claim-new' ? 'lost' : 'suspect';
}

/** What an event is only as long as no call of ours turns up for it. */
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
