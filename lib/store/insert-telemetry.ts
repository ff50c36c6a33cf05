import type { TelemetryBatch } from '../domain/telemetry-record.ts';
import { recordset, type Tx } from './transaction.ts';

type Rows = Pick<TelemetryBatch, 'calls' | 'attempts' | 'operations' | 'deks'>;

/** Inserts a batch; what is there already (by process, boot and number) is left as it is. Resolves to rows added. */
export async function insertTelemetry(tx: Tx, rows: Rows): Promise<number> {
  let added = 0;
  for (const table of tables) {
    const values = rows[table.rows];
    if (values.length > 0)
      added += await tx.$executeRawUnsafe(table.sql, recordset(values, instants));
  }
  return added;
}

const instants = ['at', 'sentAt', 'endedAt', 'leaseEndsAt'];

function insertSql(
  table: string,
  columns: readonly (readonly [column: string, field: string, type: string])[],
): string {
  const names = columns.map(([column]) => column).join(', ');
  const values = columns.map(([, field]) => `r."${field}"`).join(', ');
  const types = [...new Set(columns.map(([, field, type]) => `"${field}" ${type}`))].join(', ');
  return `INSERT INTO ${table} (${names}) SELECT ${values} FROM jsonb_to_recordset($1::jsonb) AS r(${types}) ON CONFLICT DO NOTHING`;
}

const identity = [
  ['at', 'at', 'timestamptz(3)'],
  ['process', 'process', 'text'],
  ['boot', 'boot', 'text'],
  ['seq', 'seq', 'bigint'],
] as const;

const tables = [
  {
    rows: 'calls',
    sql: insertSql('kms_call', [
      ...identity,
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
    ]),
  },
  {
    rows: 'attempts',
    sql: insertSql('kms_attempt', [
      ...identity,
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
    ]),
  },
  {
    rows: 'operations',
    sql: insertSql('operation_count', [
      ...identity,
      ['workspace', 'workspace', 'text'],
      ['key', 'key', 'text'],
      ['scope', 'scope', 'text'],
      ['path', 'path', 'text'],
      ['outcome', 'outcome', 'text'],
      ['n', 'n', 'bigint'],
    ]),
  },
  {
    rows: 'deks',
    sql: insertSql('dek_activity', [
      ...identity,
      ['workspace', 'workspace', 'text'],
      ['dek', 'dek', 'text'],
      ['uses', 'uses', 'bigint'],
      ['bytes', 'bytes', 'bigint'],
    ]),
  },
] as const;
