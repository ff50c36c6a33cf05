/** What a use of a key is judged to be from the log alone, by which rule, and how certain that is. */
export interface Judged {
  cause: LogCause;
  rule: Rule;
  /** Likelier than not, but with little evidence: told as a guess, below one half. */
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
 * For each rule, how many of its answers were right and wrong over the logs of 900 simulated services; no test uses
 * their seeds. Answers with little evidence are not counted.
 */
const measured = {
  'made first of its scope': [75, 367],
  'made first of its scope, at the log’s beginning': [628, 0],
  'made again in its scope': [20_181, 4],
  'made, no scope told': [156_135, 0],
  'many made at once': [20_172, 4],
  'made for each request': [91_170, 0],
  // For designs that are not simulated: counted on replays of our own services.
  'another one’s key, just made': [200, 10],
  'first seen, one of many at once': [50, 1],
  'first seen, a key from before the log': [50, 20],
  // Told, or found too rarely to count: set low.
  'asked for after a deploy': [95, 5],
  'several lost theirs at once': [95, 5],
  'first seen in this process, others hold it': [63_546, 212],
  'first seen, an old key': [1_292, 5],
  'first seen in a new process': [10_057, 305],
  'first seen in a burst at the beginning': [1_328, 257],
  'first seen, late in the log': [295, 322],
  'first seen': [3_532, 33],
  'asked again after the TTL': [531_838, 3_055],
  'asked again long after the TTL': [176_023, 6_546],
  'all lost, then asked again': [2_806, 215],
  'some lost, some kept': [32_724, 1_255],
  'never asked again at once': [40_207, 2_546],
  'one key, asked for each use': [106_922, 0],
  'keys are made for each request': [97_393, 0],
  'no more loads than keys made': [195_588, 720],
  'denied in between': [1_524, 403],
  refused: [15_760, 0],
  'failed a moment ago': [4_453, 81],
  'starts at a steady pace': [23_452, 0],
  'steady in time': [182_988, 0],
  'named by the log': [38_184, 0],
  'browser or console': [1_075, 0],
  'nothing tells': [1, 4],
} as const satisfies Readonly<Record<string, readonly [right: number, wrong: number]>>;
export type Rule = keyof typeof measured;

/** No log alone makes an answer certain. */
const sureMax = 0.985;
/** A wrong cause is worse than none: a rule right in less than nine of ten cases gives a guess. */
const soundMin = 0.9;
const guessMax = 0.49;

/** The share of such inferences that are right; of a guess, less than one half. */
export function confidenceOf({ rule, weak = false }: Judged): number {
  const [right, wrong] = measured[rule];
  const share = (right + 1) / (right + wrong + 2);
  return Math.min(weak || share < soundMin ? guessMax : sureMax, share);
}

export const unknown: Judged = { cause: 'unknown', rule: 'nothing tells' };
