import type { CallsShow } from '../../../shared/dto.ts';
import type { Tx } from '../../connection/transaction.ts';

/** An attempt beside its event, either of them null; instants epoch ms. */
export interface CallPairRow {
  process: string | null;
  boot: string | null;
  seq: number | null;
  attempt: number | null;
  at: number;
  sentAt: number | null;
  durationMs: number | null;
  workspace: string | null;
  key: string | null;
  operation: string | null;
  cause: string | null;
  sent: boolean | null;
  outcome: string | null;
  errorCode: string | null;
  status: number | null;
  requestId: string | null;
  spanId: string | null;
  joinMethod: string | null;
  joinConfidence: number | null;
  eventId: string | null;
  eventAt: number | null;
  eventOperation: string | null;
  eventKey: string | null;
  principal: string | null;
  principalName: string | null;
  session: string | null;
  eventRequestId: string | null;
  eventErrorCode: string | null;
  sourceIp: string | null;
  eventState: string | null;
}

export type CallsFilter =
  | 'cause'
  | 'operation'
  | 'key'
  | 'process'
  | 'workspace'
  | 'dek'
  | 'tag'
  | 'principal';

export interface CallsQuery {
  from: number;
  to: number;
  /** Which side is listed, and which fates of it. */
  fate: CallsShow;
  /** The minutes before are in the log, epoch ms. */
  loggedUntil: number | null;
  /** The minutes before are told by every process; an event after them may be of a call on its way. */
  toldUntil: number;
  crossAccountKeys: readonly string[];
  ours: readonly string[];
  filters: Partial<Record<CallsFilter, string>>;
  /** The last row of the page before: newest first, then by identity. */
  after: { at: number; id: string } | null;
  limit: number;
  totalMax: number;
}

const ms = (column: string, name: string) =>
  `(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;

const eventColumns = `e.event_id AS "eventId", ${ms('e.at', 'eventAt')}, e.operation AS "eventOperation",
  e.key AS "eventKey", e.principal, e.principal_name AS "principalName", e.session, e.request_id AS "eventRequestId",
  e.error_code AS "eventErrorCode", e.source_ip AS "sourceIp", e.state AS "eventState"`;

const attemptColumns = `a.process, a.boot, a.seq::float8 AS seq, a.attempt, ${ms('a.at', 'at')}, ${ms('a.sent_at', 'sentAt')},
  a.duration_ms AS "durationMs", a.workspace, a.key, a.operation, coalesce(c.refined_cause, a.cause) AS cause, a.sent, a.outcome,
  a.error_code AS "errorCode", a.status, a.request_id AS "requestId", a.span_id AS "spanId",
  a.join_method AS "joinMethod", a.join_confidence::float8 AS "joinConfidence"`;

const noAttempt = `NULL::text AS process, NULL::text AS boot, NULL::float8 AS seq, NULL::int AS attempt, ${ms('e.at', 'at')},
  NULL::float8 AS "sentAt", NULL::float8 AS "durationMs", NULL::text AS workspace, NULL::text AS key,
  NULL::text AS operation, NULL::text AS cause, NULL::boolean AS sent, NULL::text AS outcome,
  NULL::text AS "errorCode", NULL::int AS status, NULL::text AS "requestId", NULL::text AS "spanId",
  NULL::text AS "joinMethod", NULL::float8 AS "joinConfidence"`;

const attemptId =
  "(a.process || '.' || a.boot || '.' || lpad(a.seq::text, 19, '0') || '.' || lpad(a.attempt::text, 9, '0'))";
const failedSilently =
  "(a.outcome = 'outage' OR (a.outcome IN ('denied', 'wrong-key') AND a.key = ANY($4::text[])))";
const waiting = `a.event_id IS NULL AND a.sent AND NOT ${failedSilently}`;
// Every parameter stands in each statement, so that one list of values serves them all.
const everyParameter = `($3::timestamptz IS NULL OR TRUE) AND ($4::text[] IS NULL OR TRUE) AND ($5::text[] IS NULL OR TRUE)
  AND ($6::timestamptz IS NULL OR TRUE)`;
const told = '($6::timestamptz IS NULL OR e.at < $6::timestamptz)';

const fates: Record<CallsQuery['fate'], string> = {
  attempts: 'TRUE',
  matched: 'a.event_id IS NOT NULL',
  pending: `${waiting} AND ($3::timestamptz IS NULL OR a.at >= $3::timestamptz)`,
  unmatched: `${waiting} AND a.at < $3::timestamptz`,
  'never-logged': `a.event_id IS NULL AND a.sent AND ${failedSilently}`,
  strangers: `e.state IN ('unclaimed', 'claim-new', 'claim-used', 'matched') AND NOT e.principal = ANY($5::text[]) AND ${told}`,
  suspects: `e.state IN ('unclaimed', 'claim-used') AND e.principal = ANY($5::text[]) AND ${told}`,
  lost: `e.state = 'claim-new' AND e.principal = ANY($5::text[]) AND ${told}`,
  other: "e.state = 'other'",
  events: "e.state IN ('unclaimed', 'claim-new', 'claim-used')",
};

const ofPrincipal = (value: string) => `(e.principal = ${value} OR e.principal_name = ${value})`;
const equals = (column: string) => (value: string) => `${column} = ${value}`;

const attemptFilters: Record<CallsFilter, (value: string) => string> = {
  cause: equals('coalesce(c.refined_cause, a.cause)'),
  operation: equals('a.operation'),
  key: equals('a.key'),
  process: equals('a.process'),
  workspace: equals('a.workspace'),
  dek: equals('c.dek'),
  tag: equals('c.tag'),
  principal: ofPrincipal,
};
const eventFilters: Record<CallsFilter, (value: string) => string> = {
  cause: equals('e.claim_cause'),
  operation: equals('e.operation'),
  key: equals('e.key'),
  process: equals('e.claim_process'),
  workspace: equals('e.workspace'),
  dek: equals('e.dek'),
  // A conversation is known to telemetry only.
  tag: (value) => `${value}::text IS NULL`,
  principal: ofPrincipal,
};

const isoOf = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString();

/** A page of attempts beside their events, or of events without one, newest first, and how many there are in all. */
export async function readCalls(
  tx: Tx,
  query: CallsQuery,
): Promise<{ rows: CallPairRow[]; total: number }> {
  const ofEvents = ['strangers', 'suspects', 'lost', 'other', 'events'].includes(query.fate);
  const side = ofEvents ? eventSide : attemptSide;
  const values: unknown[] = [
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    isoOf(query.loggedUntil),
    query.crossAccountKeys,
    query.ours,
    isoOf(Number.isFinite(query.toldUntil) ? query.toldUntil : null),
  ];
  const conditions = [
    `${side.at} >= $1::timestamptz AND ${side.at} < $2::timestamptz`,
    everyParameter,
    fates[query.fate],
  ];
  for (const [name, condition] of Object.entries(side.filters)) {
    // A side's filters have no other names.
    const value = query.filters[name as CallsFilter];
    if (value === undefined) continue;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  }
  const matching = `FROM ${side.tables(query.filters)} WHERE ${conditions.join(' AND ')}`;
  const counted = await tx.$queryRawUnsafe<{ n: number }[]>(
    `SELECT count(*)::float8 AS n FROM (SELECT 1 ${matching} LIMIT ${query.totalMax}) limited`,
    ...values,
  );
  let page = '';
  if (query.after !== null) {
    values.push(new Date(query.after.at).toISOString(), query.after.id);
    page = ` AND (${side.at}, ${side.id}) < ($${values.length - 1}::timestamptz, $${values.length})`;
  }
  const rows = await tx.$queryRawUnsafe<CallPairRow[]>(
    `SELECT ${side.columns} ${matching}${page} ORDER BY ${side.at} DESC, ${side.id} DESC LIMIT ${query.limit}`,
    ...values,
  );
  return { rows, total: counted[0]?.n ?? 0 };
}

const attemptSide = {
  at: 'a.at',
  id: attemptId,
  columns: `${attemptColumns}, ${eventColumns}`,
  tables:
    () => `kms_attempt a LEFT JOIN audit_event e ON e.key_id = a.event_key_id AND e.at = a.event_at AND e.event_id = a.event_id
    LEFT JOIN kms_call c ON c.key_id = a.key_id AND c.at = a.at AND c.process_id = a.process_id
      AND c.boot_id = a.boot_id AND c.seq = a.seq`,
  filters: attemptFilters,
};

const eventSide = {
  at: 'e.at',
  id: 'e.event_id',
  columns: `${noAttempt}, ${eventColumns}`,
  // Of one key also what used it second.
  tables: ({ key }: CallsQuery['filters']) =>
    `${key === undefined ? 'audit_event' : 'key_event'} e`,
  filters: eventFilters,
};

/** The identity that pages are cut by. */
export function pairId(row: CallPairRow): string {
  const { process, boot, seq, attempt } = row;
  if (process === null) return row.eventId ?? '';
  return `${process}.${boot}.${String(seq).padStart(19, '0')}.${String(attempt).padStart(9, '0')}`;
}
