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
 * Whether the caller was cut off between a use and a later one: denied, and granted nothing from its first denial there
 * to its last. Who is refused one thing and granted others in turn keeps what it has. A denial often lacks its context,
 * so the denials of all streams are searched by what tells callers apart.
 */
export type DeniedBetween = (from: LogUse, to: LogUse, by: ProcessBy) => boolean;

export function denialsOf(uses: readonly LogUse[]): DeniedBetween {
  const denied = timesOf(
    uses.filter(({ errorCode }) => errorCode !== null && errorClassOf(errorCode) === 'denied'),
  );
  if (denied.size === 0) return () => false;
  const granted = timesOf(uses.filter(({ errorCode }) => errorCode === null));
  return (from, to, by) => {
    const caller = callerOf(to, by === 'session' ? 'session' : 'address');
    const own = denied.get(caller) ?? [];
    const first = own[firstAfter(own, from.at)];
    if (first === undefined || first > to.at) return false;
    const last = own[firstAfter(own, to.at) - 1] ?? first;
    const others = granted.get(caller) ?? [];
    return (others[firstAfter(others, first)] ?? last) >= last;
  };
}

/** When each caller did these, by session and by address. */
function timesOf(uses: readonly LogUse[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const use of uses)
    for (const by of ['session', 'address'] as const) {
      const caller = callerOf(use, by);
      const own = times.get(caller);
      if (own === undefined) times.set(caller, [use.at]);
      else own.push(use.at);
    }
  return times;
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
