/**
 * The spike detector's means for series that are no counts and may fall as well as rise: how far a value lies from the
 * median of the rows before, from that of a week of rows, and its step from the median step, all by the IQR, two-sided.
 * One setting for whatever series; causal.
 */
import { anscombe } from '../../lib/explain/detect-spikes.ts';
import { RollingQuantiles } from '../../lib/explain/rolling-quantiles.ts';

/** As many rows as the detector looks back on minutes. */
const recentRows = 120;
/** A day and a week, where a row is five minutes. */
const dayRows = 288;
const weekRows = 7 * dayRows;
const learntRows = 20;
const calibrationRows = 50;
/** The score that a count opens a spike at. */
const openZ = 4.265;
const ownTail = 0.99;

/** A score a row; above 1 is more than a hundredth of the rows before have had. */
export function gaugeScores(values: readonly number[]): number[] {
  const recent = new RollingQuantiles(recentRows);
  const week = new RollingQuantiles(weekRows);
  const steps = new RollingQuantiles(recentRows);
  const own = new RollingQuantiles(weekRows);
  const scores: number[] = [];
  let before: number | null = null;
  for (const value of values) {
    const y = Math.sign(value) * anscombe(Math.abs(value));
    const step = before === null ? 0 : y - before;
    let score = 0;
    if (recent.length >= learntRows) {
      const far = Math.hypot(distance(y, recent), distance(y, week), distance(step, steps));
      // Tails differ from series to series: each is measured by its own.
      if (own.length > calibrationRows) score = far / Math.max(openZ, own.at(ownTail));
      own.push(far);
    }
    scores.push(isSurpassed(score, scores) ? 0 : score);
    recent.push(y);
    week.push(y);
    steps.push(step);
    before = y;
  }
  return scores;
}

function distance(value: number, window: RollingQuantiles): number {
  const scale = Math.max(1, (window.at(0.75) - window.at(0.25)) / 1.349);
  return Math.abs(value - window.at(0.5)) / scale;
}

/** For a day after a score, only a higher one is news. */
function isSurpassed(score: number, scores: readonly number[]): boolean {
  for (let at = Math.max(0, scores.length - dayRows); at < scores.length; at += 1)
    if ((scores[at] ?? 0) >= score) return true;
  return false;
}
