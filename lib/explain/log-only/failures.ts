/** Requests that the cloud refused: why, and which of them only repeat an earlier failure. */
import { errorClassOf } from '../../domain/error-class.ts';
import type { LogUse } from '../../domain/log-use.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Judged } from './judged.ts';
import type { ProcessBy } from './processes.ts';
import type { Stream } from './streams.ts';

/** The same request this soon after it failed is a retry. */
const retryMs = 3_000;

/** The cause of each use that failed; null for a first failure of another kind. */
export function failuresOf({ uses, contexts, processes }: Stream): ReadonlyMap<number, Judged> {
  const judged = new Map<number, Judged>();
  const failedAt = new Map<string, number>();
  for (const [index, { at, operation, errorCode }] of uses.entries()) {
    if (errorCode === null) continue;
    const id = tupleKey(processes[index] ?? 0, operation, contexts[index] ?? -1);
    const before = failedAt.get(id);
    failedAt.set(id, at);
    const refused = errorClassOf(errorCode);
    if (refused === 'denied') judged.set(index, { cause: 'denied', rule: 'refused' });
    else if (before !== undefined && at - before < retryMs && contexts[index] !== -1)
      judged.set(index, { cause: 'retry', rule: 'failed a moment ago' });
    else if (refused === 'throttled') judged.set(index, { cause: 'throttled', rule: 'refused' });
  }
  return judged;
}

/**
 * Whether the caller was denied between a use and a later one. A denial often lacks its context, so the denials of all
 * streams are searched by what tells callers apart.
 */
export type DeniedBetween = (from: LogUse, to: LogUse, by: ProcessBy) => boolean;

export function denialsOf(uses: readonly LogUse[]): DeniedBetween {
  const times = new Map<string, number[]>();
  for (const use of uses) {
    if (use.errorCode === null || errorClassOf(use.errorCode) !== 'denied') continue;
    for (const by of ['session', 'address'] as const) {
      const own = times.get(callerOf(use, by)) ?? [];
      if (own.length === 0) times.set(callerOf(use, by), own);
      own.push(use.at);
    }
  }
  if (times.size === 0) return () => false;
  return (from, to, by) => {
    const own = times.get(callerOf(to, by === 'session' ? 'session' : 'address')) ?? [];
    const next = own[firstAfter(own, from.at)];
    return next !== undefined && next <= to.at;
  };
}

const callerOf = (use: LogUse, by: 'session' | 'address'): string =>
  tupleKey(use.principal, by, by === 'session' ? use.session : use.sourceIp);

function firstAfter(times: readonly number[], at: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((times[middle] ?? 0) <= at) from = middle + 1;
    else to = middle;
  }
  return from;
}
