/** What a use of a key is judged to be from the log alone, by which rule, and how certain that is. */
export interface Judged {
  cause: LogCause;
  rule: Rule;
  /** Likelier than not, but with little evidence: told as a guess, below one half. */
  weak?: boolean;
  /** How many observations it rests on. */
  seen?: number;
  /** The context names the data key, so that which one it is need not be learnt. */
  isNamed?: boolean;
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
 * their seeds. Answers with little evidence are not counted, unless a rule gives no others.
 */
const measured = {
  'made first of its scope': [9, 5],
  'made first of its scope, at the log’s beginning': [1_291, 0],
  'made again in its scope': [28_125, 12],
  'made, no scope told': [142_935, 0],
  'many made at once': [20_774, 8],
  'made for each request': [93_172, 0],
  'first seen, one of many at once': [30, 0],
  'several lost theirs at once': [2_086, 1_065],
  'first seen in this process, others hold it': [61_916, 6],
  'first seen, an old key': [1_415, 0],
  'first seen in a new process': [5_246, 2],
  'first seen in a burst at the beginning': [1_938, 25],
  'first seen, late in the log': [405, 233],
  'first seen within a TTL of the log’s beginning': [5_479, 5_148],
  'first seen a while after the log’s beginning': [1_507, 1_222],
  'first seen': [4_700, 7],
  'asked again after the TTL': [543_265, 120],
  'asked again long after the TTL': [151_898, 68],
  'all lost, then asked again': [4_148, 38],
  'some lost, some kept': [58_232, 199],
  'never asked again at once': [14_925, 233],
  'never asked again at once, nor soon': [42_380, 2_282],
  'one key, asked for each use': [103_950, 0],
  'keys are made for each request': [95_976, 0],
  'no more loads than keys made': [185_975, 0],
  'denied in between': [2_216, 0],
  refused: [21_995, 0],
  'failed a moment ago': [3_189, 12],
  'starts at a steady pace': [23_203, 0],
  'steady in time': [167_184, 0],
  'named by the log': [53_210, 0],
  'browser or console': [1_097, 0],
  // Over planted logs, in which they occur more often.
  'another one’s key, just made': [6_364, 0],
  'first seen, a key from before the log': [1_326, 2_462],
  'asked for after a deploy': [3_940, 136],
  'nothing tells': [1, 4],
} as const satisfies Readonly<Record<string, readonly [right: number, wrong: number]>>;
export type Rule = keyof typeof measured;

/** No log alone makes an answer certain, and 99 % would be read so. */
const sureMax = 0.989;
/** A wrong cause is worse than none: a rule right in less than nine of ten cases gives a guess. */
const soundMin = 0.9;
const guessMax = 0.49;
/** Fewer than three observations give a guess, whatever the rule. */
const boundMin = 0.8;

/** The log itself says so, of a single request too. */
const saidByLog: ReadonlySet<Rule> = new Set(['refused', 'named by the log', 'browser or console']);

/**
 * The share of such inferences that are right; of a guess, less than one half. What was seen a few times without fail
 * is as sure as the rule of succession has it. The rules were measured where keys have to be learnt: of a named one
 * half of the doubt is left.
 */
export function confidenceOf({ rule, weak = false, seen, isNamed = false }: Judged): number {
  const [right, wrong] = measured[rule];
  const bound = seen === undefined || saidByLog.has(rule) ? 1 : (seen + 1) / (seen + 2);
  const share = (right + 1) / (right + wrong + 2);
  if (weak || share < soundMin || bound < boundMin) return Math.min(guessMax, share, bound);
  const sure = Math.min(sureMax, share);
  return Math.min(bound, isNamed ? (1 + sure) / 2 : sure);
}

export const unknown: Judged = { cause: 'unknown', rule: 'nothing tells' };
