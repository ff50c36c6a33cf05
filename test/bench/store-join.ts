/**
 * `join.exact.1M` of `npm run bench -- store`: what it costs to join a million events with the attempts of a million
 * calls by their request ids, batch by batch as intake does, beside DuckDB's hash join of the same rows in tables of
 * its own; `.written` with the pairs written. CPU-seconds of this process and all of the server.
 */
import { createHash } from 'node:crypto';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { applyJoin } from '../../lib/services/intake/apply-join.ts';
import { judge } from '../../lib/services/intake/judge.ts';
import type { Db } from '../../lib/store/connection/db.ts';
import { type Dimension, intern } from '../../lib/store/connection/intern.ts';
import { type Tx, transaction } from '../../lib/store/connection/transaction.ts';
import { ensurePartitions } from '../../lib/store/records/ensure-partitions.ts';
import { CannotRun } from './bench-row.ts';
import { openDuck } from './duckdb.ts';
import { sizeName } from './filled-store.ts';

/** As intake takes records in. */
const recordsPerTransaction = 5_000;
const [keys, processes, workspaces] = [20, 8, 500];
const start = Date.UTC(2025, 8, 12);
const apartMs = 1_000;

export interface JoinSeconds {
  name: string;
  ours: number;
  peer: number | null;
}

/** `seconds` tells what this process and the server have used so far. @throws {CannotRun} */
export async function joinSeconds(
  db: Db,
  { records, seconds }: { records: number; seconds(): number },
): Promise<JoinSeconds[]> {
  await fill(db, records);
  const read = await joined(db, { records, seconds }, async (tx, events) => {
    const { verdicts } = await judge(tx, { events, attempts: [], calls: [] });
    return verdicts.filter(({ method }) => method === 'request-id').length;
  });
  const written = await joined(db, { records, seconds }, async (tx, events) => {
    await applyJoin(tx, await judge(tx, { events, attempts: [], calls: [] }));
    return 0;
  });
  const [{ pairs = 0 } = {}] = await db.$queryRawUnsafe<{ pairs: number }[]>(
    'SELECT count(*)::float8 AS pairs FROM pair',
  );
  for (const found of [read.found, pairs])
    if (found !== records) throw new Error(`${found} of ${records} events were joined`);
  const peer = await duckSeconds(records);
  const name = `join.exact.${sizeName(records)}`;
  return [
    { name, ours: read.spent, peer },
    { name: `${name}.written`, ours: written.spent, peer },
  ];
}

async function joined(
  db: Db,
  { records, seconds }: { records: number; seconds(): number },
  join: (tx: Tx, events: readonly AuditRecord[]) => Promise<number>,
): Promise<{ spent: number; found: number }> {
  let [spent, found] = [0, 0];
  for (let from = 0; from < records; from += recordsPerTransaction) {
    const length = Math.min(recordsPerTransaction, records - from);
    const events = Array.from({ length }, (_, no) => eventOf(from + no));
    const began = seconds();
    found += await transaction(db, (tx) => join(tx, events));
    spent += seconds() - began;
  }
  return { spent, found };
}

const keyOf = (no: number): string => `arn:aws:kms:us-east-1:111122223333:key/bench-${no % keys}`;
const requestOf = (no: number): string => {
  const hex = createHash('md5').update(String(no)).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};
const requestSql = 'md5(no::text)::uuid::text';

/** Of a caller that makes no claims. */
function eventOf(no: number): AuditRecord {
  const at = start + no * apartMs;
  return {
    ...{ provider: 'aws', eventId: `event-${no}`, at, operation: 'Decrypt', action: 'decrypt' },
    ...{ key: keyOf(no), otherKeys: [], principal: 'AROABENCH', principalName: 'chat' },
    ...{ session: null, account: '111122223333', recipientAccount: '111122223333' },
    ...{ requestId: requestOf(no), sharedEventId: null, claim: null, errorCode: null },
    ...{ sourceIp: null, userAgent: null, workspace: null, dekId: null, context: null },
    ...{ invokedBy: null, raw: '{}' },
    facts: {
      ...{ time: new Date(at).toISOString(), resolutionMs: 1_000, claimIn: null, reason: null },
      ...{ error: null, network: [], ids: [] },
    },
  };
}

/** Attempts of calls that had one each, as telemetry that came before the log has left them. */
async function fill(db: Db, records: number): Promise<void> {
  const days = Math.ceil((records * apartMs) / 86_400_000);
  const instants = Array.from({ length: days + 1 }, (_, day) => start + day * 86_400_000);
  for (const table of ['attempt', 'pair'] as const) await ensurePartitions(db, table, instants);
  await db.$executeRawUnsafe('TRUNCATE attempt, pair');
  const made = { sql: '' };
  await transaction(db, async (tx) => {
    const ids = async (dimension: Dimension, names: readonly string[]) => {
      const known = await intern(tx, dimension, names);
      return `(ARRAY[${names.map((name) => known.get(name)).join(', ')}])`;
    };
    const some = (of: number, name: (no: number) => string) =>
      Array.from({ length: of }, (_, no) => name(no));
    const key = await ids('key', some(keys, keyOf));
    const process = await ids(
      'process',
      some(processes, (no) => `chat-${no}`),
    );
    const workspace = await ids(
      'workspace',
      some(workspaces, (no) => `workspace-${no}`),
    );
    const boot = await ids('boot', ['boot-1']);
    const word = await ids('word', ['Decrypt', 'load.expired', 'ok']);
    const at = `to_timestamp(${start / 1_000} + no * ${apartMs / 1_000}.0)`;
    made.sql = `INSERT INTO attempt (key, at, process, boot, seq, attempt, workspace, operation, cause, outcome, status, sent,
        sent_at, duration_ms, request_id, span_id)
      SELECT ${key}[1 + no % ${keys}], ${at}, ${process}[1 + no % ${processes}], ${boot}[1], no, 1,
        ${workspace}[1 + no % ${workspaces}], ${word}[1], ${word}[2], ${word}[3], 200, TRUE, ${at}, 12, ${requestSql},
        substr(md5(no::text), 1, 16)
      FROM generate_series(0::bigint, ${records - 1}) AS no`;
  });
  await db.$executeRawUnsafe(made.sql);
  await db.$executeRawUnsafe('ANALYZE attempt');
}

/** Null where DuckDB is not installed. */
async function duckSeconds(records: number): Promise<number | null> {
  const duck = await openDuck().catch((error: unknown) => {
    if (error instanceof CannotRun) return null;
    throw error;
  });
  if (duck === null) return null;
  const rows = `range(${records}) AS r(no)`;
  const request = 'md5(no::VARCHAR) AS request_id';
  await duck.run(
    `CREATE TABLE attempt AS SELECT ${request}, no % ${keys} AS key, make_timestamp(${start}000 + no * ${apartMs}000) AS at,
       no % ${processes} AS process, 1 AS boot, no AS seq, 1 AS attempt FROM ${rows}`,
  );
  await duck.run(
    `CREATE TABLE event AS SELECT ${request}, no % ${keys} AS key, make_timestamp(${start}000 + no * ${apartMs}000) AS at,
       'event-' || no AS id FROM ${rows}`,
  );
  const before = process.cpuUsage();
  await duck.run(
    `CREATE TABLE pair AS SELECT a.key, a.at, a.process, a.boot, a.seq, a.attempt, e.key AS event_key, e.at AS event_at,
       e.id AS event_id FROM attempt a JOIN event e USING (request_id)`,
  );
  const { user, system } = process.cpuUsage(before);
  const found = await duck.number('SELECT count(*) FROM pair');
  duck.close();
  if (found !== records) throw new Error(`DuckDB joined ${found} of ${records}`);
  return (user + system) / 1e6;
}
