/** The detector over thirty simulated days, diurnal and overdispersed, beside two plain ones over the same counts. */
import { detectSpikes } from '../../lib/explain/spikes/detect-spikes.ts';
import { normalTail } from '../../lib/explain/spikes/normal-tail.ts';
import { type SimulationSetting, simulatedCounts } from '../support/simulated-counts.ts';
import { type BenchOptions, printRow } from './bench-row.ts';

const setting: SimulationSetting = {
  days: 30,
  mean: 30,
  wave: 0.6,
  dispersion: 1 / 6,
  spikes: 138,
  heights: [2, 8],
};
const seeds = [1, 2, 3];
const openP = 1e-5;
const refractoryMinutes = 5;

interface Interval {
  from: number;
  to: number;
}
type Detector = (counts: Float64Array) => Interval[];

const ours: Detector = (counts) => detectSpikes({ start: 0, counts });
const others: Record<string, Detector> = {
  'mean/sd 24 h': (counts) =>
    highMinutes(
      counts,
      1_440,
      ({ mean, sd }) =>
        (n) =>
          normalTail((n - mean) / Math.max(1, sd)),
    ),
  'Poisson tail 2 h': (counts) =>
    highMinutes(
      counts,
      120,
      ({ mean }) =>
        (n) =>
          normalTail(2 * (Math.sqrt(n) - Math.sqrt(mean))),
    ),
};

export function benchSimulated(options: BenchOptions): void {
  const simulated = seeds.map((seed) => simulatedCounts(setting, seed));
  const measured = (detector: Detector) => {
    let [hit, planted, falseAlarms] = [0, 0, 0];
    for (const one of simulated) {
      const found = detector(one.counts);
      const meet = (a: Interval, b: Interval) => a.from < b.to && b.from < a.to;
      hit += one.planted.filter((spike) => found.some((other) => meet(spike, other))).length;
      planted += one.planted.length;
      falseAlarms += found.filter((spike) => !one.planted.some((at) => meet(spike, at))).length;
    }
    return {
      recall: hit / planted,
      precision: hit / Math.max(1, hit + falseAlarms),
      'false-alarms': falseAlarms / (seeds.length * setting.days),
    };
  };
  const own = measured(ours);
  const theirs = Object.entries(others).map(
    ([name, detector]) => [name, measured(detector)] as const,
  );
  for (const measure of ['recall', 'precision', 'false-alarms'] as const) {
    const peers = theirs.map(([name, row]) => [name, Number(row[measure].toPrecision(4))] as const);
    const unit = measure === 'false-alarms' ? 'a day' : 'share';
    const name = `detect.simulated.${measure}`;
    printRow({ name, ours: own[measure], peers: Object.fromEntries(peers), unit }, options);
  }
}

/** Minutes whose chance by the window before is below the limit, those near to each other as one. */
function highMinutes(
  counts: Float64Array,
  window: number,
  tailBy: (of: { mean: number; sd: number }) => (count: number) => number,
): Interval[] {
  const found: Interval[] = [];
  let [sum, squares] = [0, 0];
  for (const [minute, count] of counts.entries()) {
    const mean = sum / window;
    const sd = Math.sqrt(Math.max(0, squares / window - mean ** 2));
    if (minute >= window && tailBy({ mean, sd })(count) < openP) {
      const last = found.at(-1);
      if (last !== undefined && minute - last.to <= refractoryMinutes) last.to = minute + 1;
      else found.push({ from: minute, to: minute + 1 });
    }
    const gone = counts[minute - window] ?? 0;
    sum += count - gone;
    squares += count ** 2 - gone ** 2;
  }
  return found;
}
