/** Minute counts made by a seed: a day's wave, gamma-mixed Poisson noise, and spikes at known places. */
export interface SimulatedCounts {
  counts: Float64Array;
  /** Minutes of each planted spike, `[from, to)`. */
  planted: { from: number; to: number }[];
}

export interface SimulationSetting {
  days: number;
  /** Mean calls a minute. */
  mean: number;
  /** How far the wave goes from the mean, as a share of it. */
  wave: number;
  /** The variance beyond Poisson's as a share of the mean squared; 0 is Poisson. */
  dispersion: number;
  spikes: number;
  /** A spike's height, as a multiple of what is usual then. */
  heights: readonly [least: number, most: number];
}

const dayMinutes = 1_440;
const apartMinutes = 40;
const settledMinutes = 200;

export function simulatedCounts(setting: SimulationSetting, seed: number): SimulatedCounts {
  const random = randomOf(seed);
  const minutes = setting.days * dayMinutes;
  const usual = (minute: number) =>
    setting.mean * (1 + setting.wave * Math.sin((2 * Math.PI * minute) / dayMinutes));
  const counts = Float64Array.from({ length: minutes }, (_, minute) =>
    poisson(usual(minute) * gammaFactor(setting.dispersion, random), random),
  );
  const planted: SimulatedCounts['planted'] = [];
  const [least, most] = setting.heights;
  for (let tries = 0; planted.length < setting.spikes && tries < 100 * setting.spikes; tries += 1) {
    const from = settledMinutes + Math.floor(random() * (minutes - settledMinutes - 10));
    if (planted.some((other) => Math.abs(other.from - from) < apartMinutes)) continue;
    const to = from + 1 + Math.floor(random() * 3);
    const height = least + (most - least) * random();
    for (let minute = from; minute < to; minute += 1)
      counts[minute] = (counts[minute] ?? 0) + poisson(usual(minute) * (height - 1), random);
    planted.push({ from, to });
  }
  return { counts, planted };
}

/** Uniform in [0, 1) (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Of mean 1 and the variance given, below 3 (Marsaglia and Tsang). */
function gammaFactor(variance: number, random: () => number): number {
  if (variance === 0) return 1;
  const d = 1 / variance - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < x * x * 0.5 + d * (1 - v + Math.log(v)))
      return d * v * variance;
  }
}

function poisson(mean: number, random: () => number): number {
  if (mean > 500) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
