/**
 * `npm run bench -- screens`: how long the server takes for each page where a month has five million KMS calls of 20
 * customers, over random windows and filters, beside DuckDB over the same raw rows, and once more while calls come in;
 * and for how long the thread that serves requests is held up at most. The database is a PostgreSQL of this run only.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { type AnswerPool, answerPool } from '../../lib/services/answers/answer-pool.ts';
import type { Question } from '../../lib/services/answers/verbs.ts';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { SpikesView } from '../../lib/shared/spike-view.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import type { Db } from '../../lib/store/connection/db.ts';
import { type BenchOptions, CannotRun } from './bench-row.ts';
import { type Duck, openDuck } from './duckdb.ts';
import type { FillSize } from './explain-fill.ts';
import { callsPeerSql, ledgerSql, patternSql, spikePeerSql, spikesSql } from './explain-peer.ts';
import { callsWanted, openFilled, suffixOf } from './filled-store.ts';
import { ingestBeside } from './ingest-beside.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const loads = 200;
const peerLoads = 20;
const warmUps = 5;
const fleet = { keys: 20, workspaces: 500, processes: 8 };

/** What a page asks for, of a window and a filter. */
interface Asked {
  window: TimeWindow;
  filter: ExplainFilter;
  cause: string | null;
  /** A spike of the window, where it has one. */
  spike: { id: string; filter: ExplainFilter };
}

interface Page {
  name: string;
  question(asked: Asked): Question;
  peer: readonly string[];
}

const pages: readonly Page[] = [
  {
    name: 'overview',
    question: ({ window, filter }) => ({
      verb: 'explain',
      input: { window, filter, panel: 'overview' },
    }),
    peer: [...ledgerSql, ...spikesSql],
  },
  {
    name: 'spikes',
    question: ({ window, filter }) => ({ verb: 'listSpikes', input: { window, filter } }),
    peer: spikesSql,
  },
  {
    name: 'spike',
    question: ({ spike }) => ({ verb: 'describeSpike', input: spike }),
    peer: spikePeerSql,
  },
  {
    name: 'pattern',
    question: ({ window, filter }) => ({ verb: 'pattern', input: { window, filter } }),
    peer: patternSql,
  },
  {
    name: 'calls',
    question: ({ window, filter, cause }) => ({
      verb: 'listCalls',
      input: {
        ...{ window, show: 'attempts', cursor: null },
        filters: { ...filter, ...(cause !== null && { cause }) },
      },
    }),
    peer: callsPeerSql,
  },
  {
    name: 'metrics',
    question: ({ window: { to } }) => ({ verb: 'metrics', input: { until: to } }),
    peer: ledgerSql,
  },
];

export async function benchScreens(options: BenchOptions): Promise<void> {
  const size = { from: Date.UTC(2025, 8, 12), days: 30, calls: callsWanted(), fleet };
  const suffix = suffixOf(size.calls);
  const { url, db, close } = await openFilled('screens', size);
  const pool = answerPool({ url });
  try {
    const duck = await duckOf(db);
    const asked = await questionsOf(pool, size);
    let block = 0;
    for (const page of pages) {
      // Enabled again, one would count the time in between.
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const ours = await timesOf(asked, ({ question }) => pool.ask(question, end(size)), page);
      delay.disable();
      block = Math.max(block, delay.max / 1e6);
      const peer = duck === null ? null : await peerTimes(duck, page, asked);
      print({ name: `screen.${page.name}.p95${suffix}`, ours: p95(ours), peer }, options);
    }
    // A timer's own step is part of what is measured.
    print({ name: `screen.loopBlock${suffix}`, ours: block, peer: null }, options);
    duck?.close();
    // A day later, so that no day that is asked about changes.
    const rate = await ingestBeside({ db, url, from: end(size) + dayMs }, async () => {
      for (const page of pages) {
        const ours = await timesOf(asked, ({ question }) => pool.ask(question, end(size)), page);
        const name = `screen.${page.name}.p95${suffix}.underIngest`;
        print({ name, ours: p95(ours), peer: null }, options);
      }
    });
    process.stderr.write(`bench: screens: ${rate.toFixed(0)} calls/s went in beside\n`);
  } finally {
    await pool.close();
    await close();
  }
}

const end = ({ from, days }: FillSize): number => from + days * dayMs;

/** The same at each run: windows of whole minutes, from an hour to the whole month, and filters of one dimension. */
async function questionsOf(pool: AnswerPool, size: FillSize): Promise<Asked[]> {
  const random = seededRandom(12_345);
  const month = { from: size.from, to: end(size) };
  const json = await pool.ask(
    { verb: 'listSpikes', input: { window: month, filter: {} } },
    end(size),
  );
  const { spikes } = JSON.parse(json) as SpikesView;
  const pick = (of: number) => Math.floor(random() * of);
  const skewed = (of: number) => Math.floor(of * random() ** 2);
  return Array.from({ length: warmUps + loads }, () => {
    const length = Math.round(Math.exp(random() * Math.log(size.days * 24)) * 60) * minuteMs;
    const from = size.from + pick((month.to - size.from - length) / minuteMs + 1) * minuteMs;
    const spike = spikes[pick(spikes.length)];
    if (spike === undefined) throw new CannotRun('the month has no spike');
    const { id, key, workspace } = spike;
    return {
      window: { from, to: from + length },
      ...filterOf(pick(7), { workspace: skewed(fleet.workspaces), process: pick(fleet.processes) }),
      spike: { id, filter: workspace === null ? { key } : { key, workspace } },
    };
  });
}

function filterOf(
  kind: number,
  { workspace, process }: { workspace: number; process: number },
): { filter: ExplainFilter; cause: string | null } {
  const key = `arn:aws:kms:us-east-1:111122223333:key/bench-${1 + (workspace % fleet.keys)}`;
  const named = { workspace: `workspace-${workspace}` };
  const filters: readonly ExplainFilter[] = [
    {},
    { key },
    named,
    { process: `chat-${process}` },
    { principal: 'arn:aws:iam::111122223333:role/chat' },
    { key, ...named },
  ];
  const filter = filters[kind];
  return filter === undefined ? { filter: {}, cause: 'load.expired' } : { filter, cause: null };
}

async function timesOf(
  all: readonly Asked[],
  load: (of: { question: Question }) => Promise<unknown>,
  page: Page,
): Promise<number[]> {
  const times: number[] = [];
  for (const [no, asked] of all.entries()) {
    const began = performance.now();
    await load({ question: page.question(asked) });
    if (no >= warmUps) times.push(performance.now() - began);
  }
  return times;
}

/** The raw rows with the columns that are asked of them; null where DuckDB is not installed. */
async function duckOf(db: Db): Promise<Duck | null> {
  let duck: Duck;
  try {
    duck = await openDuck();
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    process.stderr.write(`bench: screens: without a peer: ${error.message}\n`);
    return null;
  }
  const dir = mkdtempSync(join(tmpdir(), 'keytide-duck-'));
  // The server may be another user's.
  chmodSync(dir, 0o777);
  const tables = [
    [
      'kms_call',
      'at, key, workspace, process, operation, refined_cause, attempts, generation, root_at',
    ],
    ['kms_attempt', 'at, key, workspace, process, operation, sent, outcome, join_method, status'],
    ['audit_event', 'at, key, workspace, principal, operation, state'],
    ['operation_count', 'at, key, workspace, process, path, scope, outcome, n'],
  ] as const;
  for (const [table, columns] of tables) {
    const file = join(dir, `${table}.csv`);
    await db.$executeRawUnsafe(
      `COPY (SELECT ${columns} FROM ${table}) TO PROGRAM 'cat > ${file}' CSV HEADER`,
    );
    await duck.run(`CREATE TABLE ${table} AS SELECT * FROM read_csv('${file}')`);
  }
  rmSync(dir, { recursive: true, force: true });
  return duck;
}

async function peerTimes(duck: Duck, page: Page, all: readonly Asked[]): Promise<number> {
  const times: number[] = [];
  for (const { window } of all.slice(0, peerLoads)) {
    const began = performance.now();
    for (const sql of page.peer) await duck.run(within(sql, window));
    times.push(performance.now() - began);
  }
  return p95(times);
}

const within = (sql: string, { from, to }: TimeWindow): string =>
  sql
    .replaceAll('$1', `'${new Date(from).toISOString()}'`)
    .replaceAll('$2', `'${new Date(to).toISOString()}'`);

function p95(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

function print(
  { name, ours, peer }: { name: string; ours: number; peer: number | null },
  { json }: BenchOptions,
): void {
  const [mine, theirs] = [ours, peer].map((n) => (n === null ? null : Number(n.toPrecision(4))));
  const ratio = peer === null ? null : Number((ours / peer).toPrecision(4));
  const line = json
    ? JSON.stringify({ name, ours: mine, peer: theirs, ratio, unit: 'ms' })
    : `${name.padEnd(32)} ${String(mine).padStart(8)} ms   duckdb ${theirs ?? '-'} ms   ratio ${ratio ?? '-'}`;
  process.stdout.write(`${line}\n`);
}
