/**
 * `npm run bench -- explain`: what a screen's answer costs the server where a month has five million KMS calls, beside
 * the same figures by direct SQL over the raw rows. The database is a PostgreSQL of this run only.
 */
import { performance } from 'node:perf_hooks';
import { explain } from '../../lib/services/answers/explain.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import type { ServiceContext } from '../../lib/services/context.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import type { Db } from '../../lib/store/connection/db.ts';
import type { BenchOptions } from './bench-row.ts';
import type { FillSize } from './explain-fill.ts';
import { ledgerSql, patternSql, spikesSql } from './explain-peer.ts';
import { callsWanted, openFilled } from './filled-store.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const warmUps = 2;
const runsEach = 8;
const peerRuns = 3;

type Verb = (of: {
  ctx: ServiceContext;
  input: { window: TimeWindow; filter: object };
}) => Promise<unknown>;

const measured: readonly { name: string; verb: Verb; peer: readonly string[] }[] = [
  { name: 'explain.ledger.p95', verb: explain, peer: ledgerSql },
  { name: 'explain.spikes.p95', verb: listSpikes, peer: spikesSql },
  { name: 'explain.pattern.p95', verb: pattern, peer: patternSql },
];

export async function benchExplain(options: BenchOptions): Promise<void> {
  const fleet = { keys: 3, workspaces: 40, processes: 24 };
  const size = { from: Date.UTC(2025, 8, 12), days: 30, calls: callsWanted(), fleet };
  const { db, close } = await openFilled('explain', size);
  try {
    for (const one of measured) await measure(db, one, { size, options });
  } finally {
    await close();
  }
}

async function measure(
  db: Db,
  { name, verb, peer }: (typeof measured)[number],
  { size, options }: { size: FillSize; options: BenchOptions },
): Promise<void> {
  const end = size.from + size.days * dayMs;
  const ctx: ServiceContext = { db, now: async () => end };
  const times: number[] = [];
  for (const [run, window] of windows(size, runsEach).entries()) {
    const began = performance.now();
    await verb({ ctx, input: { window, filter: {} } });
    const ms = performance.now() - began;
    if (run >= warmUps) times.push(ms);
  }
  const peers: number[] = [];
  const values = [new Date(size.from).toISOString(), new Date(end).toISOString()];
  for (let run = 0; run < peerRuns; run += 1) {
    const began = performance.now();
    for (const sql of peer) await db.$queryRawUnsafe(sql, ...values);
    peers.push(performance.now() - began);
  }
  print({ name, ours: p95(times), peer: p95(peers) }, options);
}

/** Of a day, a week and the whole, where chance (always the same) puts them; the first are for warming up. */
function windows({ from, days }: FillSize, each: number): TimeWindow[] {
  let state = 12_345;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const lengths = [1, 7, 30].map((length) => Math.min(length, days));
  return Array.from({ length: warmUps + lengths.length * each }, (_, no) => {
    const length = (lengths[no % lengths.length] ?? days) * dayMs;
    const room = Math.max(days * dayMs - length, 60 * minuteMs);
    const start = from + Math.floor((random() * room) / minuteMs) * minuteMs;
    return { from: start, to: start + length };
  });
}

function p95(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

function print(
  { name, ours, peer }: { name: string; ours: number; peer: number },
  { json }: BenchOptions,
): void {
  const row = {
    name,
    ours: rounded(ours),
    peer: rounded(peer),
    vsPeer: rounded(peer / ours),
    unit: 'ms',
  };
  const line = json
    ? JSON.stringify(row)
    : `${name.padEnd(32)} ${String(row.ours).padStart(8)} ms   SQL over raw rows ${row.peer} ms   ${row.vsPeer} times`;
  process.stdout.write(`${line}\n`);
}

const rounded = (value: number): number => Number(value.toPrecision(4));
