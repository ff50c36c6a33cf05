/** What each process did with each context of a stream, in order of time: the input of the rules. */
import type { LogUse } from '../../domain/log-use.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { Numbers } from './numbers.ts';
import { roleOf } from './roles.ts';
import type { Stream } from './streams.ts';

export interface History {
  /** For each use, the index of the same process's last load or making of that context, or -1. */
  before: Int32Array;
  /** The same by any process. */
  beforeAny: Int32Array;
  /** Indices of loads and of makings by context. */
  makings: number[][];
  loads: number[][];
  /** Waits between loads of one context by one process; equal waits that end in the same minute count once. */
  waitsMs: number[];
  /** When each wait ended, and whose it was. */
  endsAt: number[];
  waitedBy: number[];
  /** Waits from the making of a key to its maker's first load. */
  makerWaitsMs: number[];
  makerEndsAt: number[];
  makerWaitedBy: number[];
}

type Waits = Omit<History, 'before' | 'beforeAny' | 'makings' | 'loads'>;

const noWaits = (): Waits => ({
  waitsMs: [],
  endsAt: [],
  waitedBy: [],
  makerWaitsMs: [],
  makerEndsAt: [],
  makerWaitedBy: [],
});

const minuteMs = 60_000;

/** Who loaded a key holds it. Who made it holds it too if `makersHold` and it saw the plaintext. */
export function historyOf(
  { uses, contexts, processes, processNames, values }: Stream,
  { makersHold, denied }: { makersHold: boolean; denied: (from: LogUse, to: LogUse) => boolean },
): History {
  const before = new Int32Array(uses.length).fill(-1);
  const beforeAny = new Int32Array(uses.length).fill(-1);
  /** By process, the last use of each context. */
  const last = processNames.map(() => new Map<number, number>());
  const lastAny = new Int32Array(values.length).fill(-1);
  const makings = values.map((): number[] => []);
  const loads = values.map((): number[] => []);
  const alike = new Numbers();
  const waits = noWaits();
  for (const [index, use] of uses.entries()) {
    const { operation, at, errorCode } = use;
    const context = contexts[index] ?? -1;
    const role = roleOf(operation);
    if (context === -1 || role === 'other') continue;
    const process = processes[index] ?? 0;
    const own = last[process]?.get(context) ?? -1;
    before[index] = own;
    beforeAny[index] = lastAny[context] ?? -1;
    // A refused request gave nobody a key.
    if (errorCode !== null) continue;
    lastAny[context] = index;
    if (role === 'load' || (makersHold && !operation.endsWith('WithoutPlaintext')))
      last[process]?.set(context, index);
    if (role === 'making') {
      makings[context]?.push(index);
      continue;
    }
    loads[context]?.push(index);
    const from = uses[own];
    if (from === undefined || from.at >= at) continue;
    // What a denial takes away says nothing of a lease.
    if (denied(from, use)) continue;
    const wait = at - from.at;
    if (roleOf(from.operation) === 'making') {
      waits.makerWaitsMs.push(wait);
      waits.makerEndsAt.push(at);
      waits.makerWaitedBy.push(process);
      continue;
    }
    const size = alike.size;
    const alikeId = tupleKey(process, Math.floor(at / minuteMs), Math.round(Math.log(wait) * 200));
    if (alike.of(alikeId) !== size) continue;
    waits.waitsMs.push(wait);
    waits.endsAt.push(at);
    waits.waitedBy.push(process);
  }
  return { before, beforeAny, makings, loads, ...waits };
}
