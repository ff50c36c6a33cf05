/**
 * VUS-PR: the volume under the surface of precision and recall, over thresholds and over how wide a tolerance is laid
 * about each labelled anomaly (Paparrizos et al., VLDB 2022). As `RangeAUC_volume_opt` of TheDatumOrg/VUS reckons it,
 * which TSB-AD uses: 250 thresholds, tolerances from 0 to the series' own period.
 */

const thresholds = 250;

/** Rows, both ends in. */
type Segment = readonly [first: number, last: number];

/** @param windowMax the widest tolerance, rows. @param labels 1 on anomalous rows, else 0; some are 1. */
export function vusPr(
  labels: ArrayLike<number>,
  scores: readonly number[],
  windowMax: number,
): number {
  const anomalies = segmentsOf(labels);
  const widest = widened(anomalies, windowMax, labels.length);
  const sorted = Float64Array.from(scores).sort().reverse();
  const levels = Array.from({ length: thresholds }, (_, no) => {
    const place = Math.floor((no * (scores.length - 1)) / (thresholds - 1));
    return sorted[place] ?? 0;
  });
  const predicted = levels.map((level) => scores.reduce((n, s) => (s >= level ? n + 1 : n), 0));
  let volume = 0;
  for (let window = 0; window <= windowMax; window += 1) {
    const curve = { extended: extend(labels, anomalies, window), widest, anomalies, scores };
    const own = widened(anomalies, window, labels.length);
    let [area, before] = [0, 0];
    for (const [no, level] of levels.entries()) {
      const { truePositives, labelled } = hits(curve, level);
      const found = own.filter((segment) => isHit(scores, segment, level)).length;
      const positives = (sumOf(labels) + labelled) / 2;
      const recall = Math.min(1, truePositives / positives) * (found / own.length);
      area += (recall - before) * (truePositives / (predicted[no] ?? 1));
      before = recall;
    }
    volume += area;
  }
  return volume / (windowMax + 1);
}

/** Of the rows about anomalies: labels that are predicted, and all that count. */
function hits(
  curve: {
    extended: Float64Array;
    widest: readonly Segment[];
    anomalies: readonly Segment[];
    scores: readonly number[];
  },
  level: number,
): { truePositives: number; labelled: number } {
  const { extended, widest, anomalies, scores } = curve;
  let [truePositives, labelled] = [0, 0];
  let anomaly = 0;
  for (const [first, last] of widest)
    for (let row = first; row <= last; row += 1) {
      while ((anomalies[anomaly]?.[1] ?? Number.POSITIVE_INFINITY) < row) anomaly += 1;
      const isAnomalous = row >= (anomalies[anomaly]?.[0] ?? Number.POSITIVE_INFINITY);
      const isPredicted = (scores[row] ?? 0) >= level;
      // A row of the tolerance that is not predicted is no label; an anomaly's own always is.
      const label = isAnomalous ? 1 : isPredicted ? (extended[row] ?? 0) : 0;
      labelled += label;
      if (isPredicted) truePositives += label;
    }
  return { truePositives, labelled };
}

function isHit(scores: readonly number[], [first, last]: Segment, level: number): boolean {
  for (let row = first; row <= last; row += 1) if ((scores[row] ?? 0) >= level) return true;
  return false;
}

/** Labels that fade out to both sides of each anomaly over half of the window. */
function extend(
  labels: ArrayLike<number>,
  anomalies: readonly Segment[],
  window: number,
): Float64Array {
  const extended = Float64Array.from(labels);
  const half = Math.floor(window / 2);
  for (const [first, last] of anomalies) {
    for (let row = last + 1; row < Math.min(last + half + 1, labels.length); row += 1)
      extended[row] = (extended[row] ?? 0) + Math.sqrt(1 - (row - last) / window);
    for (let row = Math.max(first - half, 0); row < first; row += 1)
      extended[row] = (extended[row] ?? 0) + Math.sqrt(1 - (first - row) / window);
  }
  return extended.map((label) => Math.min(1, label));
}

/** The anomalies with half a window on both sides; those that then touch are one. */
function widened(anomalies: readonly Segment[], window: number, rows: number): Segment[] {
  const half = Math.floor(window / 2);
  const wide: [number, number][] = [];
  for (const [first, last] of anomalies) {
    const before = wide.at(-1);
    if (before !== undefined && before[1] >= first - half) before[1] = last + half;
    else wide.push([Math.max(0, first - half), last + half]);
  }
  return wide.map(([first, last]) => [first, Math.min(last, rows - 1)]);
}

export function segmentsOf(labels: ArrayLike<number>): Segment[] {
  const segments: [number, number][] = [];
  for (let row = 0; row < labels.length; row += 1) {
    if (labels[row] === 0) continue;
    const last = segments.at(-1);
    if (last !== undefined && last[1] === row - 1) last[1] = row;
    else segments.push([row, row]);
  }
  return segments;
}

const sumOf = (labels: ArrayLike<number>): number =>
  Array.from(labels).reduce((sum, label) => sum + label, 0);

const lagsMax = 400;
const lagMin = 3;
const periodMax = 300;
const periodElse = 125;
const periodRows = 20_000;

/** The series' period in rows, by the highest peak of its autocorrelation: the widest tolerance of TSB-AD. */
export function periodOf(values: readonly number[]): number {
  const own = values.slice(0, periodRows);
  const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
  const correlation = (lag: number): number => {
    let sum = 0;
    for (let row = lag; row < own.length; row += 1)
      sum += ((own[row] ?? 0) - mean) * ((own[row - lag] ?? 0) - mean);
    return sum;
  };
  const correlations: number[] = [];
  for (let lag = lagMin; lag <= Math.min(lagsMax, own.length - 1); lag += 1)
    correlations.push(correlation(lag));
  let best = -1;
  for (let at = 1; at < correlations.length - 1; at += 1) {
    const here = correlations[at] ?? 0;
    const isPeak = here > (correlations[at - 1] ?? 0) && here > (correlations[at + 1] ?? 0);
    if (isPeak && (best < 0 || here > (correlations[best] ?? 0))) best = at;
  }
  return best < lagMin || best > periodMax ? periodElse : best + lagMin;
}
