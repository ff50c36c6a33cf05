import type {
  AttemptRecord,
  CallRecord,
  DekActivityRecord,
  OperationRecord,
  TelemetryBatch,
} from '../domain/telemetry-record.ts';
import { tupleKey } from '../shared/tuple-key.ts';
import { recordset, type Tx } from './transaction.ts';

type Rows = Pick<TelemetryBatch, 'calls' | 'attempts' | 'operations' | 'deks'>;

/** Inserts a batch; what is there already (by process, boot and number) is left as it is. Resolves to what was new. */
export async function insertTelemetry(tx: Tx, rows: Rows): Promise<Rows> {
  return {
    calls: await insert(tx, calls, rows.calls),
    attempts: await insert(tx, attempts, rows.attempts),
    operations: await insert(tx, operations, rows.operations),
    deks: await insert(tx, deks, rows.deks),
  };
}

/** The first of several that are one row is the one that was inserted. */
async function insert<T extends { at: number }>(
  tx: Tx,
  { sql, unique }: InsertedTable<T>,
  rows: readonly T[],
): Promise<T[]> {
  if (rows.length === 0) return [];
  const made = await tx.$queryRawUnsafe<T[]>(sql, recordset(rows, instants));
  const idOf = (row: T) =>
    tupleKey(new Date(row.at).getTime(), ...unique.map((field) => row[field] as string | number));
  const left = new Set(made.map(idOf));
  return rows.filter((row) => left.delete(idOf(row)));
}

const instants = ['at', 'sentAt', 'endedAt', 'leaseEndsAt'];

interface InsertedTable<T> {
  sql: string;
  /** With the instant they name a row. */
  unique: readonly (keyof T)[];
}

type Column = readonly [column: string, field: string, type: string];

function insertedTable<T>(
  table: string,
  unique: readonly (keyof T & string)[],
  columns: readonly Column[],
): InsertedTable<T> {
  const all = [...identity, ...columns];
  const names = all.map(([column]) => column).join(', ');
  const values = all.map(([, field]) => `r."${field}"`).join(', ');
  const types = [...new Set(all.map(([, field, type]) => `"${field}" ${type}`))].join(', ');
  const returned = all.flatMap(([column, field, type]) =>
    unique.some((one) => one === field)
      ? [`${column}${type === 'bigint' ? '::float8' : ''} AS "${field}"`]
      : [],
  );
  return {
    unique,
    sql: `INSERT INTO ${table} (${names}) SELECT ${values} FROM jsonb_to_recordset($1::jsonb) AS r(${types})
      ON CONFLICT DO NOTHING RETURNING (extract(epoch FROM at) * 1000)::float8 AS at, ${returned.join(', ')}`,
  };
}

const identity: readonly Column[] = [
  ['at', 'at', 'timestamptz(3)'],
  ['process', 'process', 'text'],
  ['boot', 'boot', 'text'],
  ['seq', 'seq', 'bigint'],
];

const calls = insertedTable<CallRecord>(
  'kms_call',
  ['process', 'boot', 'seq'],
  [
    ['workspace', 'workspace', 'text'],
    ['key', 'key', 'text'],
    ['operation', 'operation', 'text'],
    ['path', 'path', 'text'],
    ['cause', 'cause', 'text'],
    ['dek', 'dek', 'text'],
    ['dek_age_ms', 'dekAgeMs', 'bigint'],
    ['edek_fingerprint', 'edekFingerprint', 'text'],
    ['generation', 'generation', 'int'],
    ['parent_seq', 'parentSeq', 'bigint'],
    ['root_seq', 'rootSeq', 'bigint'],
    ['idle_ms', 'idleMs', 'bigint'],
    ['forgotten', 'forgotten', 'boolean'],
    ['coalesced', 'coalesced', 'int'],
    ['tag', 'tag', 'text'],
    ['lease_ends_at', 'leaseEndsAt', 'timestamptz(3)'],
    ['ended_at', 'endedAt', 'timestamptz(3)'],
    ['outcome', 'outcome', 'text'],
    ['attempts', 'attempts', 'int'],
    ['trace_id', 'traceId', 'text'],
    ['span_id', 'spanId', 'text'],
    ['refined_cause', 'cause', 'text'],
  ],
);

const attempts = insertedTable<AttemptRecord>(
  'kms_attempt',
  ['process', 'boot', 'seq', 'attempt'],
  [
    ['attempt', 'attempt', 'int'],
    ['workspace', 'workspace', 'text'],
    ['key', 'key', 'text'],
    ['operation', 'operation', 'text'],
    ['cause', 'cause', 'text'],
    ['sent', 'sent', 'boolean'],
    ['sent_at', 'sentAt', 'timestamptz(3)'],
    ['duration_ms', 'durationMs', 'double precision'],
    ['request_id', 'requestId', 'text'],
    ['status', 'status', 'int'],
    ['outcome', 'outcome', 'text'],
    ['error_code', 'errorCode', 'text'],
    ['span_id', 'spanId', 'text'],
  ],
);

const operations = insertedTable<OperationRecord>(
  'operation_count',
  ['process', 'boot', 'seq', 'workspace', 'key', 'scope', 'path', 'outcome'],
  [
    ['workspace', 'workspace', 'text'],
    ['key', 'key', 'text'],
    ['scope', 'scope', 'text'],
    ['path', 'path', 'text'],
    ['outcome', 'outcome', 'text'],
    ['n', 'n', 'bigint'],
  ],
);

const deks = insertedTable<DekActivityRecord>(
  'dek_activity',
  ['process', 'boot', 'seq', 'dek'],
  [
    ['workspace', 'workspace', 'text'],
    ['dek', 'dek', 'text'],
    ['uses', 'uses', 'bigint'],
    ['bytes', 'bytes', 'bigint'],
  ],
);
