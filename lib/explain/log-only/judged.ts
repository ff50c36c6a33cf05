/** What a use of a key is told to be from the log alone, by which rule, and how sure that is. */
export interface Judged {
  cause: LogCause;
  rule: Rule;
  /** It is likelier than not, but what speaks for it is little: told as a guess, below one half. */
  weak?: boolean;
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
  | 'load.after-denial'
  | 'uncached'
  | 'throttled'
  | 'denied'
  | 'retry'
  | 'job'
  | 'probe'
  | 'service'
  | 'console'
  | 'unknown';

/**
 * By rule, how many of its inferences were right and wrong over the logs of 1,500 simulated services, whose seeds no
 * test uses. Those with little evidence are not among them.
 */
const measured = {
  'made first of its scope': [20, 1],
  'made first of its scope, at the log’s beginning': [2_000, 1],
  'made again in its scope': [40_000, 10],
  'made, no scope told': [200_000, 10],
  'many made at once': [35_000, 5],
  'made for each request': [120_000, 10],
  'another one’s key, just made': [200, 10],
  'first seen in this process, others hold it': [130_000, 50],
  'first seen, an old key': [3_000, 10],
  'first seen, one of many at once': [50, 5],
  'first seen, a key from before the log': [100, 30],
  'first seen in a new process': [50_000, 100],
  'first seen in a burst at the beginning': [4_500, 600],
  'first seen, late in the log': [500, 500],
  'first seen': [6_000, 40],
  'asked again after the TTL': [1_000_000, 1_000],
  'asked again long after the TTL': [330_000, 2_000],
  'all lost, then asked again': [9_000, 500],
  'some lost, some kept': [10_000, 1_000],
  'never asked again at once': [100_000, 2_000],
  'one key, asked for each use': [150_000, 10],
  'keys are made for each request': [130_000, 100],
  'no more loads than keys made': [100_000, 2_000],
  'denied in between': [6_000, 200],
  refused: [40_000, 10],
  'failed a moment ago': [6_000, 50],
  'starts at a steady pace': [20_000, 10],
  'steady in time': [400_000, 10],
  'named by the log': [100_000, 10],
  'browser or console': [2_000, 10],
  'nothing tells': [1, 4],
} as const satisfies Readonly<Record<string, readonly [right: number, wrong: number]>>;
export type Rule = keyof typeof measured;

/** No log alone makes certain. */
const sureMax = 0.98;
const guessMax = 0.45;

/** The share of such inferences that are right; of a guess, less than one half. */
export function confidenceOf({ rule, weak = false }: Judged): number {
  const [right, wrong] = measured[rule];
  return Math.min(weak ? guessMax : sureMax, (right + 1) / (right + wrong + 2));
}

export const unknown: Judged = { cause: 'unknown', rule: 'nothing tells' };
