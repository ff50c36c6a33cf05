/** How long and how often DEKs are used. All durations in milliseconds. */
export interface Policy {
  /** A plaintext DEK is usable this long after the KMS call that gave it. Default 1 h; 1 s to 24 h. */
  ttlMs: number;
  /** A DEK encrypts this long after it was made. Default 24 h; 1 s to 365 d. */
  dekRotationMs: number;
  /** `lazy`: due when `dekRotationMs` old. `aligned`: due when the wall clock enters another period of that length. */
  rotationMode: 'lazy' | 'aligned';
  /** Envelopes one DEK may seal in this process. Default 2^24; 1 to 2^32. */
  dekMessagesMax: number;
  /** How long a denial is remembered before the KMS is asked again. Default 5 s; 0 to 1 min. */
  denialMemoryMs: number;
  /** How long an outage is remembered before the KMS is asked again. Default 1 s; 0 to 1 min. */
  outageMemoryMs: number;
  /** Attempts of one KMS call. Default 3; 1 to 10. */
  attemptsMax: number;
  /** Wait before the second attempt, doubled for each further one, with full jitter. Default 100 ms; 1 ms to 1 min. */
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
  denialMemoryMs: 5 * secondMs,
  outageMemoryMs: secondMs,
  attemptsMax: 3,
  backoffMs: 100,
  retryBudgetMs: 10 * secondMs,
  heldMemoryMax: 2 ** 17,
};

/** The two rotation tables found in the wild: a DEK a day, or a DEK an hour; both re-validated hourly. */
export const presets: Record<Preset, Policy> = {
  daily,
  hourly: { ...daily, dekRotationMs: hourMs },
};

const bounds: Record<Exclude<keyof Policy, 'rotationMode'>, readonly [min: number, max: number]> = {
  ttlMs: [secondMs, dayMs],
  dekRotationMs: [secondMs, 365 * dayMs],
  dekMessagesMax: [1, 2 ** 32],
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
  if (policy.rotationMode !== 'lazy' && policy.rotationMode !== 'aligned') {
    throw new TypeError("policy.rotationMode must be 'lazy' or 'aligned'");
  }
  for (const [name, [min, max]] of Object.entries(bounds)) {
    const value = policy[name as keyof typeof bounds];
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new RangeError(`policy.${name} must be a whole number from ${min} to ${max}`);
    }
  }
  return Object.freeze(policy);
}

/** Whether a DEK made at `createdAt` must no longer encrypt at `now` (both epoch ms). */
export function rotationDue(policy: Policy, createdAt: number, now: number): boolean {
  const { dekRotationMs: period } = policy;
  return policy.rotationMode === 'lazy'
    ? now >= createdAt + period
    : Math.floor(now / period) !== Math.floor(createdAt / period);
}
