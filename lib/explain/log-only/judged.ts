/** What a use of a key is told to be from the log alone, by which rule, and how sure that is. */
export interface Judged {
  cause: LogCause;
  rule: Rule;
  /** It hangs on a TTL that is assumed, not seen. */
  assumed?: boolean;
}

export type LogCause =
  | 'dek.first'
  | 'dek.rotation'
  | 'dek.made'
  | 'dek.parallel'
  | 'dek.adopted'
  | 'load.first'
  | 'load.first.historical'
  | 'load.first.cold-start'
  | 'load.first.fan-out'
  | 'load.expired'
  | 'load.reopened'
  | 'load.evicted'
  | 'uncached'
  | 'probe'
  | 'service'
  | 'console'
  | 'unknown';

/**
 * Each rule with the share of its inferences that should be right: set by hand, and held against simulated services
 * whose truth is known (test/bench/infer.ts). Below one half it is not told as a cause but as unknown.
 */
export const ruleConfidence = {
  'made first of its scope': 0.97,
  'made first of its scope, at the log’s beginning': 0.8,
  'made again in its scope': 0.97,
  'made, no scope told': 0.97,
  'many made at once': 0.97,
  'made for each request': 0.95,
  'another one’s key, just made': 0.9,
  'first seen in this process, others hold it': 0.97,
  'first seen, an old key': 0.97,
  'first seen, one of many at once': 0.8,
  'first seen, a key from before the log': 0.7,
  'first seen in a new process': 0.97,
  'first seen in a burst at the beginning': 0.8,
  'first seen': 0.93,
  'asked again after the TTL': 0.98,
  'asked again long after the TTL': 0.98,
  'asked for after a deploy': 0.95,
  'all lost, then asked again': 0.93,
  'some lost, some kept': 0.95,
  'lost again and again': 0.9,
  'one key, asked for each use': 0.95,
  'steady in time': 0.96,
  'named by the log': 0.99,
  'browser or console': 0.9,
  'nothing tells': 0.2,
} as const;
export type Rule = keyof typeof ruleConfidence;

export const unknown: Judged = { cause: 'unknown', rule: 'nothing tells' };
