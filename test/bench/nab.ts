/**
 * `npm run bench -- nab`: the spike detector's gauge variant over series of the Numenta Anomaly Benchmark, scored by
 * the script beside them, and the detector itself over simulated counts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../support/shared-data.ts';
import { type BenchOptions, CannotRun, printRow } from './bench-row.ts';
import { gaugeScores } from './gauge-scores.ts';
import { benchSimulated } from './simulated.ts';

/** Their published detections on the same series, by the same script; the data's README.md has them. */
const peers = {
  ARTime: 82.9,
  numenta: 71.9,
  relativeEntropy: 63.7,
  windowedGaussian: 49.3,
  random: 25.5,
};

export async function benchNab(options: BenchOptions): Promise<void> {
  benchSimulated(options);
  const data = sharedData('nab');
  if (data === undefined) throw new CannotRun('../shared/data/nab is not here');
  const folder = mkdtempSync(path.join(tmpdir(), 'keytide-nab-'));
  try {
    for (const series of seriesNames(data)) scoreSeries(series, { data, folder });
    const ours = standardScore(path.join(data, 'score.py'), folder);
    printRow({ name: 'detect.nab.standard', ours, peers, unit: 'score' }, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function seriesNames(data: string): string[] {
  return Object.keys(JSON.parse(readFileSync(path.join(data, 'windows.json'), 'utf8')));
}

/** Writes a row for each of the series, as the script wants it. */
function scoreSeries(series: string, { data, folder }: { data: string; folder: string }): void {
  const text = gunzipSync(readFileSync(path.join(data, `${series}.gz`))).toString('utf8');
  const rows = text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(','));
  const scores = gaugeScores(rows.map(([, value]) => Number(value)));
  const lines = rows.map(([timestamp], at) => `${timestamp},${scores[at]}`);
  const file = path.join(folder, series);
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
