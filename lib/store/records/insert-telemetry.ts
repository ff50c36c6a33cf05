/**
 * Rows as they came. They are written once: what is found out later about an attempt and its event is a row of its own.
 */
import type {
  AttemptRecord,
  CallRecord,
  DekActivityRecord,
  OperationRecord,
  TelemetryBatch,
} from '../../domain/telemetry-record.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Column } from './binary-values.ts';
import { insertNew, type Table } from './insert-rows.ts';
import { type NameIds, nameIds } from './name-ids.ts';

/** A call with what the whole fleet tells of it: its refined cause, and when and why its root was. */
export interface PlacedCall extends CallRecord {
  refinedCause: string;
  /** Null where the root is not known yet. */
  root: { at: number; cause: string } | null;
}

export interface TelemetryRows extends Pick<TelemetryBatch, 'attempts' | 'operations' | 'deks'> {
  calls: readonly PlacedCall[];
}

/** Inserts a batch; what is there already (by process, boot and number) is left as it is. Resolves to the new rows. */
export async function insertTelemetry(tx: Tx, rows: TelemetryRows): Promise<TelemetryRows> {
  const ids = await nameIds(tx, (add) => {
    for (const row of [...rows.calls, ...rows.attempts]) {
      add('word', row.operation);
      add('word', row.cause);
      add('word', row.outcome);
    }
    for (const { path, refinedCause, root } of rows.calls) {
      add('word', path);
      add('word', refinedCause);
      add('word', root?.cause ?? null);
    }
    for (const { scope, path, outcome } of rows.operations)
      for (const label of [scope, path, outcome]) add('word', label);
    for (const row of [...rows.calls, ...rows.attempts, ...rows.operations]) add('key', row.key);
    for (const row of [...rows.calls, ...rows.attempts, ...rows.operations, ...rows.deks]) {
      add('process', row.process);
      add('boot', row.boot);
      add('workspace', row.workspace);
    }
  });
  return {
    calls: await insertNew(tx, callTable(ids), rows.calls),
    attempts: await insertNew(tx, attemptTable(ids), rows.attempts),
    operations: await insertNew(tx, operationTable(ids), rows.operations),
    deks: await insertNew(tx, dekTable(ids), rows.deks),
  };
}

interface Numbered {
  at: number;
  process: string;
  boot: string;
  seq: number;
  workspace: string;
}

const identity = (ids: NameIds): Column<Numbered>[] => [
  { name: 'at', type: 'timestamptz', of: ({ at }) => at },
  { name: 'process', type: 'int', of: ({ process }) => ids('process', process) },
  { name: 'boot', type: 'int', of: ({ boot }) => ids('boot', boot) },
  { name: 'seq', type: 'bigint', of: ({ seq }) => seq },
];

const keyOf = (ids: NameIds): Column<{ key: string }> => ({
  name: 'key',
  type: 'int',
  of: ({ key }) => ids('key', key),
});
const workspaceOf = (ids: NameIds): Column<Numbered> => ({
  name: 'workspace',
  type: 'int',
  of: ({ workspace }) => ids('workspace', workspace),
});

const callTable = (ids: NameIds): Table<PlacedCall> => ({
  name: 'call',
  keyColumns: 5,
  columns: [
    keyOf(ids),
    ...identity(ids),
    workspaceOf(ids),
    { name: 'operation', type: 'int', of: ({ operation }) => ids('word', operation) },
    { name: 'path', type: 'int', of: ({ path }) => ids('word', path) },
    { name: 'cause', type: 'int', of: ({ cause }) => ids('word', cause) },
    { name: 'refined_cause', type: 'int', of: (row) => ids('word', row.refinedCause) },
    { name: 'root_at', type: 'timestamptz', of: ({ root }) => root?.at ?? null },
    { name: 'root_cause', type: 'int', of: ({ root }) => root && ids('word', root.cause) },
    { name: 'outcome', type: 'int', of: ({ outcome }) => ids('word', outcome) },
    { name: 'attempts', type: 'int', of: ({ attempts }) => attempts },
    { name: 'generation', type: 'int', of: ({ generation }) => generation },
    { name: 'coalesced', type: 'int', of: ({ coalesced }) => coalesced },
    { name: 'forgotten', type: 'boolean', of: ({ forgotten }) => forgotten },
    { name: 'ended_at', type: 'timestamptz', of: ({ endedAt }) => endedAt },
    { name: 'lease_ends_at', type: 'timestamptz', of: ({ leaseEndsAt }) => leaseEndsAt },
    { name: 'parent_seq', type: 'bigint', of: ({ parentSeq }) => parentSeq },
    { name: 'root_seq', type: 'bigint', of: ({ rootSeq }) => rootSeq },
    { name: 'dek_age_ms', type: 'bigint', of: ({ dekAgeMs }) => dekAgeMs },
    { name: 'idle_ms', type: 'bigint', of: ({ idleMs }) => idleMs },
    { name: 'dek', type: 'text', of: ({ dek }) => dek },
    { name: 'edek_fingerprint', type: 'text', of: ({ edekFingerprint }) => edekFingerprint },
    { name: 'tag', type: 'text', of: ({ tag }) => tag },
    { name: 'trace_id', type: 'text', of: ({ traceId }) => traceId },
    { name: 'span_id', type: 'text', of: ({ spanId }) => spanId },
  ],
});

const attemptTable = (ids: NameIds): Table<AttemptRecord> => ({
  name: 'attempt',
  keyColumns: 6,
  columns: [
    keyOf(ids),
    ...identity(ids),
    { name: 'attempt', type: 'int', of: ({ attempt }) => attempt },
    workspaceOf(ids),
    { name: 'operation', type: 'int', of: ({ operation }) => ids('word', operation) },
    { name: 'cause', type: 'int', of: ({ cause }) => ids('word', cause) },
    { name: 'outcome', type: 'int', of: ({ outcome }) => ids('word', outcome) },
    { name: 'status', type: 'int', of: ({ status }) => status },
    { name: 'sent', type: 'boolean', of: ({ sent }) => sent },
    { name: 'sent_at', type: 'timestamptz', of: ({ sentAt }) => sentAt },
    { name: 'duration_ms', type: 'double precision', of: ({ durationMs }) => durationMs },
    { name: 'request_id', type: 'text', of: ({ requestId }) => requestId },
    { name: 'error_code', type: 'text', of: ({ errorCode }) => errorCode },
    { name: 'span_id', type: 'text', of: ({ spanId }) => spanId },
  ],
});

const operationTable = (ids: NameIds): Table<OperationRecord> => ({
  name: 'lookup_count',
  keyColumns: 9,
  columns: [
    keyOf(ids),
    ...identity(ids),
    workspaceOf(ids),
    { name: 'scope', type: 'int', of: ({ scope }) => ids('word', scope) },
    { name: 'path', type: 'int', of: ({ path }) => ids('word', path) },
    { name: 'outcome', type: 'int', of: ({ outcome }) => ids('word', outcome) },
    { name: 'n', type: 'bigint', of: ({ n }) => n },
  ],
});

const dekTable = (ids: NameIds): Table<DekActivityRecord> => ({
  name: 'dek_use',
  keyColumns: 6,
  columns: [
    workspaceOf(ids),
    ...identity(ids),
    { name: 'dek', type: 'text', of: ({ dek }) => dek },
    { name: 'uses', type: 'bigint', of: ({ uses }) => uses },
    { name: 'bytes', type: 'bigint', of: ({ bytes }) => bytes },
  ],
});
