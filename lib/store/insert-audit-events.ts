import type { AuditRecord } from '../domain/audit-record.ts';
import { tupleKey } from '../shared/tuple-key.ts';
import { recordset, type Tx } from './transaction.ts';

const columns = [
  ['at', 'timestamptz(3)'],
  ['event_id', 'text'],
  ['provider', 'text'],
  ['key', 'text'],
  ['other_keys', 'text[]'],
  ['operation', 'text'],
  ['principal', 'text'],
  ['principal_name', 'text'],
  ['session', 'text'],
  ['account', 'text'],
  ['recipient_account', 'text'],
  ['request_id', 'text'],
  ['shared_event_id', 'text'],
  ['claim_process', 'text'],
  ['claim_boot', 'text'],
  ['claim_seq', 'bigint'],
  ['claim_attempt', 'int'],
  ['claim_cause', 'text'],
  ['claim_span', 'text'],
  ['error_code', 'text'],
  ['source_ip', 'text'],
  ['user_agent', 'text'],
  ['workspace', 'text'],
  ['dek', 'text'],
  ['context', 'jsonb'],
  ['invoked_by', 'text'],
  ['raw', 'text'],
] as const;

const names = columns.map(([name]) => name).join(', ');
const typed = columns.map(([name, type]) => `${name} ${type}`).join(', ');
const sql = `INSERT INTO audit_event (${names}, source, seen_at) SELECT ${names}, $2, $3::timestamptz
  FROM jsonb_to_recordset($1::jsonb) AS r(${typed}) ON CONFLICT DO NOTHING
  RETURNING event_id AS "eventId", (extract(epoch FROM at) * 1000)::float8 AS at`;

/**
 * Inserts events; those whose event id is there already are left as they are. `seenAt` is when a live source first
 * showed them (epoch ms), null for files. Resolves to those that are new.
 */
export async function insertAuditEvents(
  tx: Tx,
  given: { records: readonly AuditRecord[]; source: string; seenAt: number | null },
): Promise<AuditRecord[]> {
  if (given.records.length === 0) return [];
  const rows = given.records.map(rowOf);
  const seenAt = given.seenAt === null ? null : new Date(given.seenAt).toISOString();
  const made = await tx.$queryRawUnsafe<Pick<AuditRecord, 'eventId' | 'at'>[]>(
    sql,
    recordset(rows, ['at']),
    given.source,
    seenAt,
  );
  // The first of several that are one row is the one that was inserted.
  const left = new Set(made.map(idOf));
  return given.records.filter((record) => left.delete(idOf(record)));
}

const idOf = ({ eventId, at }: Pick<AuditRecord, 'eventId' | 'at'>): string =>
  tupleKey(eventId, new Date(at).getTime());

function rowOf(record: AuditRecord) {
  const { claim } = record;
  return {
    at: record.at,
    event_id: record.eventId,
    provider: record.provider,
    key: record.key,
    other_keys: record.otherKeys,
    operation: record.operation,
    principal: record.principal,
    principal_name: record.principalName,
    session: record.session,
    account: record.account,
    recipient_account: record.recipientAccount,
    request_id: record.requestId,
    shared_event_id: record.sharedEventId,
    claim_process: claim?.process ?? null,
    claim_boot: claim?.boot ?? null,
    claim_seq: claim?.seq ?? null,
    claim_attempt: claim?.attempt ?? null,
    claim_cause: claim?.cause ?? null,
    claim_span: claim?.spanId ?? null,
    error_code: record.errorCode,
    source_ip: record.sourceIp,
    user_agent: record.userAgent,
    workspace: record.workspace,
    dek: record.dekId,
    context: record.context,
    invoked_by: record.invokedBy,
    raw: record.raw,
  };
}
