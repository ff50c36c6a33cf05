import type { DeniedBetween } from './failures.ts';
import type { History } from './history.ts';
import type { Judged } from './judged.ts';
import type { Edge } from './lower-edge.ts';
import type { Stream } from './streams.ts';

/** What the cause of a stream's load is judged by. */
export interface LoadFacts {
  stream: Stream;
  history: History;
  /** The TTL; null where the log does not show it. */
  edge: Edge | null;
  /** Age at which a scope's key is replaced; null where it is not seen to be. */
  lifetimeMs: number | null;
  /** When the log begins, of whichever stream. */
  logFrom: number;
  /** What all loads are for, where they are all alike. */
  throughout: Judged | null;
  denied: DeniedBetween;
  /** The scope of each context, and by scope who made keys when. */
  scopes: Int32Array;
}
