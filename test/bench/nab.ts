/**
 * `npm run bench -- nab`: the product's spike detector over series of the Numenta Anomaly Benchmark, scored by the
 * script beside them and by VUS-PR, and over simulated counts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { spikeSetting } from '../../lib/explain/spikes/detect-spikes.ts';
import { minuteScores } from '../../lib/explain/spikes/minute-scores.ts';
import { sharedData } from '../support/shared-data.ts';
import { type BenchOptions, CannotRun, printRow } from './bench-row.ts';
import { benchSimulated } from './simulated.ts';
import { periodOf, vusPr } from './vus-pr.ts';

/** Their published detections on the same series, by the same script; the data's README.md has them. */
const peers = {
  ARTime: 82.9,
  numenta: 71.9,
  relativeEntropy: 63.7,
  windowedGaussian: 49.3,
  random: 25.5,
};

/** Published on NAB's 23 series of TSB-AD, the best of 40 detectors. */
const vusPrPeers = { 'TSB-AD best': 0.484 };

interface Series {
  name: string;
  timestamps: string[];
  values: number[];
  /** First and last timestamp of each labelled window. */
  windows: [first: string, last: string][];
}

export async function benchNab(options: BenchOptions): Promise<void> {
  benchSimulated(options);
  await benchNabScores(options);
}

export async function benchNabScores(options: BenchOptions): Promise<void> {
  const data = sharedData('nab');
  if (data === undefined) throw new CannotRun('../shared/data/nab is not here');
  const folder = mkdtempSync(path.join(tmpdir(), 'keytide-nab-'));
  try {
    const volumes: number[] = [];
    for (const series of readSeries(data)) {
      const scores = scoresOf(series);
      writeScores(series, openings(scores), folder);
      if (series.windows.length === 0) continue;
      volumes.push(vusPr(labelsOf(series), scores, periodOf(series.values)));
    }
    const ours = standardScore(path.join(data, 'score.py'), folder);
    printRow({ name: 'detect.nab.standard', ours, peers, unit: 'score' }, options);
    const mean = volumes.reduce((sum, volume) => sum + volume, 0) / volumes.length;
    printRow({ name: 'detect.nab.vuspr', ours: mean, peers: vusPrPeers, unit: 'VUS-PR' }, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What the detector opens a spike by, row by row, for what rises and for what falls. It is made for the counts of
 * minutes: a row is as many minutes as it stands for; and as the noise of counts has a unit, a gauge is told in the one
 * in which its probation is as noisy as counts of its size, whatever it was recorded in.
 */
function scoresOf({ values, timestamps }: Series): number[] {
  const probation = values.slice(0, Math.min(Math.floor(0.15 * values.length), 750));
  const [least, most] = [Math.min(0, ...probation), Math.max(...probation)];
  const middle = middleOf(probation);
  const noise = middleOf(stepsOf(probation)) / 0.6745 / Math.SQRT2;
  const unit = noise > 0 ? noise ** 2 / Math.max(noise, middle - least) : 1;
  const minutes = Math.max(1, middleOf(stepsOf(timestamps.map(Date.parse))) / 60_000);
  const rises = highScores(
    values.map((value) => (value - least) / unit),
    minutes,
  );
  const falls = highScores(
    values.map((value) => (most + middle - value - least) / unit),
    minutes,
  );
  return rises.map((score, row) => Math.max(score, falls[row] ?? 0));
}

function highScores(values: readonly number[], minutes: number): number[] {
  const { alone, burst } = minuteScores(
    values.flatMap((value) => Array.from({ length: minutes }, () => value)),
  );
  return values.map((_, row) => {
    const own = { from: row * minutes, to: (row + 1) * minutes };
    return Math.max(0, ...alone.slice(own.from, own.to), ...burst.slice(own.from, own.to));
  });
}

const stepsOf = (values: readonly number[]): number[] =>
  values.slice(1).map((value, row) => Math.abs(value - (values[row] ?? value)));

/** A spike is told once: what follows a score within the minutes that go on with a spike is no news below it. */
function openings(scores: readonly number[]): number[] {
  const reach = spikeSetting.refractoryMinutes + spikeSetting.burstMinutes;
  return scores.map((score, row) =>
    scores.slice(Math.max(0, row - reach), row).some((before) => before >= score) ? 0 : score,
  );
}

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function readSeries(data: string): Series[] {
  const windows: [string, Series['windows']][] = Object.entries(
    JSON.parse(readFileSync(path.join(data, 'windows.json'), 'utf8')),
  );
  return windows.map(([name, of]) => {
    const text = gunzipSync(readFileSync(path.join(data, `${name}.gz`))).toString('utf8');
    const [, ...lines] = text.trim().split(/\r?\n/);
    const rows = lines.map((line) => line.split(','));
    const timestamps = rows.map(([timestamp = '']) => timestamp);
    return { name, timestamps, values: rows.map(([, value]) => Number(value)), windows: of };
  });
}

function labelsOf({ timestamps, windows }: Series): number[] {
  const within = windows.map(([first, last]) => [Date.parse(first), Date.parse(last)] as const);
  return timestamps.map((timestamp) => {
    const at = Date.parse(timestamp);
    return within.some(([first, last]) => at >= first && at <= last) ? 1 : 0;
  });
}

/** Writes a row for each of the series', as the script wants it. */
function writeScores(
  { name, timestamps }: Series,
  scores: readonly number[],
  folder: string,
): void {
  const lines = timestamps.map((timestamp, row) => `${timestamp},${scores[row]}`);
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `timestamp,anomaly_score\n${lines.join('\n')}\n`);
}

function standardScore(script: string, folder: string): number {
  let said: string;
  try {
    said = execFileSync('python3', [script, folder], { encoding: 'utf8' });
  } catch (error) {
    if (Reflect.get(Object(error), 'code') !== 'ENOENT') throw error;
    throw new CannotRun('python3 is not installed; the scoring script needs it');
  }
  const [, score] = /^score (-?[\d.]+)/.exec(said) ?? [];
  if (score === undefined) throw new CannotRun(`score.py answered '${said.trim()}'`);
  return Number(score);
}
