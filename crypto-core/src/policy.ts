import type { Cause } from './causes.ts';

/** How long and how often DEKs are used. All durations in milliseconds. */
export interface Policy {
  /** A plaintext DEK may be used for this long after the KMS call that gave it. Default 1 h; 1 s to 24 h. */
  ttlMs: number;
  /** A DEK encrypts for this long after it was made. Default 24 h; 1 s to 365 d. */
  dekRotationMs: number;
  /** `lazy`: due when `dekRotationMs` old. `aligned`: due when the wall clock enters another period of that length. */
  rotationMode: 'lazy' | 'aligned';
  /** Envelopes one DEK may seal in this process. Default 2^24; 1 to 2^32. */
  dekMessagesMax: number;
  /** Bytes of plaintext one DEK may seal in this process. Default 2^46; 1 to 2^53 - 1. */
  dekBytesMax: number;
  /** `shared`: processes find a workspace's encryption DEK in the directory. `private`: each makes its own. */
  deks: 'shared' | 'private';
  /**
   * Most DEKs that this process keeps. Beyond it, the key that has the most loses its least recently used one.
   * Default 131,072; 1 to 2^24.
   */
  capacity: number;
  /**
   * `none`: every lease is `ttlMs`. `first-lease`: a load from cold gets a random part of it, the next load all of it.
   * `jitter`: every lease is shortened by a random part of `ttlJitter`. No lease is longer than `ttlMs`.
   */
  spread: 'none' | 'first-lease' | 'jitter';
  /** With `jitter`: at most this part of a lease is taken off. Default 0.1; 0 to 1. */
  ttlJitter: number;
  /**
   * Refresh-ahead: a use this close to the end of the lease, or by a random part up to half of it closer, loads the DEK
   * again in the background. Default 0, which is off; less than `ttlMs`.
   */
  refreshAheadMs: number;
  /**
   * KMS attempts that run at one time. A key may use what others leave free. A key that has less than an equal share
   * may exceed this rather than wait for another key. Default 64; 1 to 10,000.
   */
  kmsConcurrencyMax: number;
  /**
   * Lookups that may wait for DEKs at one time. Beyond it, the key that has the most waiters loses its newest one.
   * Default 65,536; 1 to 2^20.
   */
  waitersMax: number;
  /** How long one KMS attempt, or one call of the directory or of `keyFor`, may take. Default 5 s; 1 ms to 10 min. */
  attemptTimeoutMs: number;
  /** How long an answer of an asynchronous `keyFor` is used before it is asked again. Default 1 min; 0 to 1 h. */
  keyMemoryMs: number;
  /** How long a denial is remembered before the KMS is asked again. Default 5 s; 0 to 1 min. */
  denialMemoryMs: number;
  /** How long an outage is remembered before the KMS is asked again. Default 1 s; 0 to 1 min. */
  outageMemoryMs: number;
  /** Attempts of one KMS call. Default 3; 1 to 10. */
  attemptsMax: number;
  /** Wait before the second attempt; doubled for each further one, with full jitter. Default 100 ms; 1 ms to 1 min. */
  backoffMs: number;
  /** No attempt starts later than this after its call began. Default 10 s; 1 ms to 10 min. */
  retryBudgetMs: number;
  /** DEKs no longer held whose history is remembered, for causes and lineage. Default 131,072; 0 to 2^24. */
  heldMemoryMax: number;
}

export type Preset = 'daily' | 'hourly';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const daily: Policy = {
  ttlMs: hourMs,
  dekRotationMs: dayMs,
  rotationMode: 'lazy',
  dekMessagesMax: 2 ** 24,
  dekBytesMax: 2 ** 46,
  deks: 'shared',
  capacity: 2 ** 17,
  spread: 'none',
  ttlJitter: 0.1,
  refreshAheadMs: 0,
  kmsConcurrencyMax: 64,
  waitersMax: 2 ** 16,
  attemptTimeoutMs: 5 * secondMs,
  keyMemoryMs: minuteMs,
  denialMemoryMs: 5 * secondMs,
  outageMemoryMs: secondMs,
  attemptsMax: 3,
  backoffMs: 100,
  retryBudgetMs: 10 * secondMs,
  heldMemoryMax: 2 ** 17,
};

/** The two usual settings: a DEK a day, or a DEK an hour. Both ask the KMS again every hour. */
export const presets: Record<Preset, Policy> = {
  daily,
  hourly: { ...daily, dekRotationMs: hourMs },
};

const choices = {
  rotationMode: ['lazy', 'aligned'],
  deks: ['shared', 'private'],
  spread: ['none', 'first-lease', 'jitter'],
} as const satisfies { [name in keyof Policy]?: readonly Policy[name][] };

type Choice = keyof typeof choices;
type Bounds = Record<Exclude<keyof Policy, Choice | 'ttlJitter'>, readonly [number, number]>;

/** Smallest and largest value of each whole number. */
const bounds: Bounds = {
  ttlMs: [secondMs, dayMs],
  dekRotationMs: [secondMs, 365 * dayMs],
  dekMessagesMax: [1, 2 ** 32],
  dekBytesMax: [1, Number.MAX_SAFE_INTEGER],
  capacity: [1, 2 ** 24],
  refreshAheadMs: [0, dayMs],
  kmsConcurrencyMax: [1, 10_000],
  waitersMax: [1, 2 ** 20],
  attemptTimeoutMs: [1, 10 * minuteMs],
  keyMemoryMs: [0, hourMs],
  denialMemoryMs: [0, minuteMs],
  outageMemoryMs: [0, minuteMs],
  attemptsMax: [1, 10],
  backoffMs: [1, minuteMs],
  retryBudgetMs: [1, 10 * minuteMs],
  heldMemoryMax: [0, 2 ** 24],
};

/**
 * A whole policy from a preset's name or from changes to `daily`.
 * @throws {TypeError} for an unknown preset, option or mode; {RangeError} for a number outside its bounds.
 */
export function parsePolicy(given: Preset | Partial<Policy> = 'daily'): Readonly<Policy> {
  if (typeof given === 'string') {
    if (!Object.hasOwn(presets, given)) {
      throw new TypeError(`policy: '${given}' is no preset; use 'daily' or 'hourly'`);
    }
    return Object.freeze({ ...presets[given] });
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(daily, name)) throw new TypeError(`policy.${name} is no option`);
  }
  const policy: Policy = { ...daily, ...given };
  for (const [name, known] of Object.entries(choices)) {
    const words: readonly unknown[] = known;
    // `choices` is written here, whole: it has no other names.
    if (!words.includes(policy[name as Choice])) {
      throw new TypeError(`policy.${name} must be one of '${known.join("', '")}'`);
    }
  }
  for (const [name, [min, max]] of Object.entries(bounds)) {
    // `bounds` is written here, whole: it has no other names.
    const value = policy[name as keyof typeof bounds];
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new RangeError(`policy.${name} must be a whole number from ${min} to ${max}`);
    }
  }
  const { ttlJitter, refreshAheadMs, ttlMs } = policy;
  if (typeof ttlJitter !== 'number' || !(ttlJitter >= 0 && ttlJitter <= 1)) {
    throw new RangeError('policy.ttlJitter must be a number from 0 to 1');
  }
  if (refreshAheadMs >= ttlMs) {
    throw new RangeError(`policy.refreshAheadMs must be less than policy.ttlMs (${ttlMs})`);
  }
  return Object.freeze(policy);
}

/** Loads from cold. Processes that make them together would have leases that end together. */
const coldCauses: ReadonlySet<Cause> = new Set([
  'load.first',
  'load.reopened',
  'load.after-denial',
  'dek.adopted',
]);

/** The length of the lease that a call of this cause gives: above 0 and at most `ttlMs`. */
export function drawLeaseMs(policy: Policy, cause: Cause, random: () => number): number {
  const { spread, ttlMs, ttlJitter } = policy;
  if (spread === 'jitter' && ttlJitter > 0) return Math.ceil(ttlMs * (1 - ttlJitter * random()));
  if (spread === 'first-lease' && coldCauses.has(cause)) return Math.ceil(ttlMs * (1 - random()));
  return ttlMs;
}

/** A use this close to the lease's end loads the DEK again; 0 for never. */
export function drawRefreshAheadMs(policy: Policy, random: () => number): number {
  return policy.refreshAheadMs > 0 ? policy.refreshAheadMs * (1 - random() / 2) : 0;
}

/** By how much two clocks of one fleet may differ. */
const clockSkewMsMax = 5 * minuteMs;

/**
 * Whether a DEK is too old to encrypt at `now`. `createdAt` comes from the process that made it (both epoch ms), and
 * `seenForMs` is how long this process has known it: a wrong clock can make rotation earlier, never later.
 */
export function rotationDue(
  policy: Policy,
  dek: { createdAt: number; seenForMs: number },
  now: number,
): boolean {
  const { dekRotationMs: period, rotationMode } = policy;
  const { createdAt, seenForMs } = dek;
  if (createdAt > now + clockSkewMsMax || seenForMs >= period) return true;
  return rotationMode === 'lazy'
    ? now >= createdAt + period
    : Math.floor(now / period) > Math.floor(createdAt / period);
}
