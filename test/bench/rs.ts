/**
 * `npm run bench -- rs`: the ranker over real incidents of a video service: from the incident's minute against the four
 * before, the combinations whose bad plays rose, by F1 over exact matches. All as the spike page has it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type AttributedCalls,
  rankCombinations,
} from '../../lib/explain/spikes/rank-combinations.ts';
import { sharedData } from '../support/shared-data.ts';
import { type BenchOptions, CannotRun, printRow } from './bench-row.ts';

/** Published, on all 135 incidents, of which 63 are here; the data's README.md has them. */
const peers = { RobustSpot: 0.454, Adtributor: 0.274, AutoRoot: 0.261 };
const minutesBefore = 4;
const minuteMs = 60_000;
const combinationsMax = 5;

interface Incident {
  file: string;
  /** Epoch seconds. */
  minute: number;
  causes: Record<string, string>[];
}

export async function benchRs(options: BenchOptions): Promise<void> {
  const data = sharedData('rs');
  if (data === undefined) throw new CannotRun('../shared/data/rs is not here');
  const incidents: Incident[] = JSON.parse(readFileSync(path.join(data, 'labels.json'), 'utf8'));
  let [right, given, wanted] = [0, 0, 0];
  for (const { file, minute, causes } of incidents) {
    const named = causesOf(badPlays(path.join(data, file)), minute).map(canonical);
    const truth = new Set(causes.map(canonical));
    right += named.filter((one) => truth.has(one)).length;
    given += named.length;
    wanted += truth.size;
  }
  const ours = given + wanted === 0 ? 0 : (2 * right) / (given + wanted);
  printRow({ name: 'rank.rs.f1', ours, peers, unit: 'f1' }, options);
}

function causesOf(minutes: Map<number, AttributedCalls[]>, minute: number) {
  const before = [...minutes.keys()]
    .filter((one) => one < minute)
    .sort((a, b) => a - b)
    .slice(-minutesBefore);
  const ranked = rankCombinations(
    minutes.get(minute) ?? [],
    before.flatMap((one) => minutes.get(one) ?? []),
    { insideMs: minuteMs, aroundMs: before.length * minuteMs, max: combinationsMax },
  );
  return ranked.map(({ values }) => values);
}

/** By the minute. `value` is the bad plays: at each incident it is what rises. */
function badPlays(file: string): Map<number, AttributedCalls[]> {
  const text = gunzipSync(readFileSync(file)).toString('utf8').trim();
  const [header = [], ...rows] = text.split(/\r?\n/).map((line) => line.split(','));
  const attributes = header.filter((name) => !['min', 'value', 'cnt'].includes(name));
  const minutes = new Map<number, AttributedCalls[]>();
  for (const row of rows) {
    const field = (name: string) => row[header.indexOf(name)] ?? '';
    const minute = Number(field('min'));
    const values = Object.fromEntries(attributes.map((name) => [name, field(name)]));
    const known = minutes.get(minute) ?? [];
    known.push({ values, n: Number(field('value')) });
    minutes.set(minute, known);
  }
  return minutes;
}

const canonical = (values: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
