/**
 * `npm run bench -- store`: what taking telemetry in costs beside decoding and copying the same rows into the same
 * tables, how large a call is with all that is kept of it, and what joining KEYTIDE_BENCH_RECORDS events with their
 * attempts costs. KEYTIDE_BENCH_CALLS calls are stored before; the embedded database and the join's begin empty.
 */
import pg from 'pg';
import { parseTraces } from '../../lib/ingest/parse-otlp.ts';
import { acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { closeDb, type Db, openDb } from '../../lib/store/connection/db.ts';
import { openMemory } from '../../lib/store/connection/embedded.ts';
import { ensurePartitions, partitionedTables } from '../../lib/store/records/ensure-partitions.ts';
import { packTallies } from '../../lib/store/rollups/pack-tallies.ts';
import { migrate } from '../../lib/store/upkeep/migrate.ts';
import type { TestDatabase } from '../support/postgres.ts';
import type { BenchOptions } from './bench-row.ts';
import { copyIn, copyText } from './copy-in.ts';
import type { FillSize } from './explain-fill.ts';
import {
  callsWanted,
  type FilledStore,
  openFilled,
  privateServer,
  recordsWanted,
  suffixOf,
} from './filled-store.ts';
import { callsPerRequest, traceRequest } from './otlp-requests.ts';
import { serverSeconds } from './process-seconds.ts';
import { joinSeconds } from './store-join.ts';

const dayMs = 86_400_000;
const fleet = { keys: 3, workspaces: 40, processes: 24 };
const requestsMeasured = 400;
const warmUps = 80;
/** Processes of a fleet send when they will, not one after the other. */
const sendersAtOnce = fleet.processes;

export async function benchStore(options: BenchOptions): Promise<void> {
  const calls = callsWanted();
  const size = { from: Date.UTC(2025, 8, 12), days: calls >= 1_000_000 ? 30 : 3, calls, fleet };
  const suffix = suffixOf(calls);
  const store = await openFilled('store', size);
  try {
    await measureBytes(store.db, { suffix, options });
    await measureIngest(store, { size, suffix, options });
  } finally {
    await store.close();
  }
  const empty = await openEmpty(privateServer);
  try {
    await measureJoin(empty.db, { suffix: '', options });
  } finally {
    await empty.close();
  }
  const embedded = await openEmpty(openMemory);
  try {
    await measureIngest(embedded, { size, suffix: '.embedded', options });
    await measureJoin(embedded.db, { suffix: '.embedded', options });
  } finally {
    await embedded.close();
  }
}

async function openEmpty(open: () => Promise<TestDatabase>): Promise<FilledStore> {
  const database = await open();
  await migrate(database.url);
  const db = await openDb(database.url);
  const close = async () => {
    await closeDb(db);
    await database.close();
  };
  return { url: database.url, db, close };
}

interface How {
  suffix: string;
  options: BenchOptions;
}

async function measureBytes(db: Db, { suffix, options }: How): Promise<void> {
  const of = async (where: string) => {
    const [row] = await db.$queryRawUnsafe<{ bytes: number }[]>(
      `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 AS bytes FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r' AND ${where}`,
    );
    return row?.bytes ?? 0;
  };
  const [stored] = await db.$queryRawUnsafe<{ n: number }[]>(
    'SELECT count(*)::float8 AS n FROM call',
  );
  const rollUps = await of(
    "c.relname IN ('tally_open', 'tally_day', 'dek_pair', 'key_crossing', 'key_dek', 'key_process', 'key_caller', 'dimension')",
  );
  const rows = await of(
    "c.relname ~ '_[0-9]{4}_[0-9]{2}(_[0-9]{2})?$' AND c.relname NOT LIKE 'raw_block%'",
  );
  const perCall = (rows + rollUps) / (stored?.n ?? 1);
  print({ name: `bytes.perCall${suffix}`, ours: perCall, unit: 'bytes' }, options);
  print({ name: `bytes.rollups${suffix}`, ours: rollUps / rows, unit: 'of the calls' }, options);
}

async function measureIngest(
  { db, url }: FilledStore,
  { size, suffix, options }: How & { size: FillSize },
): Promise<void> {
  const end = size.from + size.days * dayMs;
  for (const table of partitionedTables) await ensurePartitions(db, table, [end, end + 2 * dayMs]);
  const bodies = bodiesOf('ours', end);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const seconds = await secondsOf(db, suffix);
  const rateOf = async (take: (body: string, no: number) => Promise<unknown>, atOnce: number) => {
    const all = [...bodies.entries()];
    for (const [no, body] of all.slice(0, warmUps)) await take(body, no);
    const began = seconds();
    const left = all.slice(warmUps).values();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (const [no, body] of left) await take(body, no);
      }),
    );
    return (requestsMeasured * callsPerRequest) / (seconds() - began);
  };
  const take = (body: string) => acceptTraces({ ctx: { db }, input: JSON.parse(body) });
  const ours = await rateOf(take, sendersAtOnce);
  // PGlite behind its socket has no copy protocol.
  const peer =
    suffix === '.embedded' ? undefined : await rateOf(await copying(client, end, bodies), 1);
  await client.end();
  await packTallies(db);
  const beside = { ...(peer !== undefined && { peer }), unit: 'calls/CPU-s' };
  print({ name: `ingest.otlp.calls${suffix}`, ours, ...beside }, options);
  // Days later: in the same hours each of its data keys would have the calls of all who sent before.
  bodies.splice(0, bodies.length, ...bodiesOf('alone', end + 2 * dayMs));
  const alone = await rateOf(take, 1);
  print({ name: `ingest.otlp.calls.oneSender${suffix}`, ours: alone, ...beside }, options);
}

/** What this process and the server have used so far; the embedded database is this process. */
async function secondsOf(db: Db, suffix: string): Promise<() => number> {
  const [backend] = await db.$queryRawUnsafe<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
  const pid = suffix === '.embedded' ? null : (backend?.pid ?? null);
  return () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6 + (pid === null ? 0 : serverSeconds(pid));
  };
}

async function measureJoin(db: Db, { suffix, options }: How): Promise<void> {
  const rows = await joinSeconds(db, {
    records: recordsWanted(),
    seconds: await secondsOf(db, suffix),
  });
  for (const { name, ours, peer } of rows) {
    const beside = { ...(peer !== null && { peer }), unit: 'CPU-s' };
    print({ name: `${name}${suffix}`, ours, ...beside }, options);
  }
}

/** Decodes a request and copies the rows that it was taken in as. */
async function copying(client: pg.Client, from: number, bodies: readonly string[]) {
  const copies = await copiesOf(client, { from, requests: bodies.length });
  return async (body: string, no: number) => {
    parseTraces(JSON.parse(body));
    for (const { sql, lines } of copies) await copyIn(client, sql, lines[no] ?? '');
  };
}

const bodiesOf = (sender: string, from: number): string[] =>
  Array.from({ length: warmUps + requestsMeasured }, (_, no) =>
    JSON.stringify(traceRequest({ sender, no, from })),
  );

/** Ids beyond those that any process has. */
const otherProcess = 1_000_000;

/** The rows that were just taken in, under other processes' ids, request by request, as COPY reads them. */
async function copiesOf(
  client: pg.Client,
  { from, requests }: { from: number; requests: number },
): Promise<{ sql: string; lines: string[] }[]> {
  const copies: { sql: string; lines: string[] }[] = [];
  for (const table of ['call', 'attempt']) {
    const { fields, rows } = await client.query<(string | null)[]>({
      text: `SELECT * FROM ${table} WHERE at >= $1::timestamptz ORDER BY at, process, seq`,
      values: [new Date(from).toISOString()],
      rowMode: 'array',
      types: { getTypeParser: () => (text: string) => text },
    });
    const names = fields.map(({ name }) => name);
    const process = names.indexOf('process');
    const lines = rows.map((row) =>
      row
        .map((value, no) => copyText(no === process ? Number(value) + otherProcess : value))
        .join('\t'),
    );
    const each = Math.ceil(lines.length / requests);
    copies.push({
      sql: `COPY ${table} (${names.map((name) => `"${name}"`).join(', ')}) FROM STDIN`,
      lines: Array.from({ length: requests }, (_, no) =>
        lines
          .slice(no * each, (no + 1) * each)
          .map((line) => `${line}\n`)
          .join(''),
      ),
    });
  }
  return copies;
}

function print(
  { name, ours, peer, unit }: { name: string; ours: number; peer?: number; unit: string },
  { json }: BenchOptions,
): void {
  const short = (n: number) => Number(n.toPrecision(4));
  const beside = peer === undefined ? {} : { peer: short(peer), ratio: short(ours / peer) };
  const line = { name, ours: short(ours), ...beside, unit };
  const text = json
    ? JSON.stringify(line)
    : Object.values(line)
        .map((value) => String(value).padEnd(12))
        .join(' ');
  process.stdout.write(`${text}\n`);
}
