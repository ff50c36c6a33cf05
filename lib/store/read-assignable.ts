import type { Tx } from './transaction.ts';

/** What may be joined by time: of one key and operation, epoch ms. */
export interface AssignableSpan {
  key: string;
  operation: string;
  from: number;
  to: number;
}

export interface AssignableAttempt {
  id: string;
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  at: number;
  sentAt: number;
  endedAt: number;
  key: string;
  workspace: string;
  operation: string;
  sent: boolean;
  outcome: string;
  status: number | null;
  errorCode: string | null;
  requestId: string | null;
  eventId: string | null;
  joinMethod: string | null;
}

export interface AssignableEvent {
  eventId: string;
  at: number;
  key: string | null;
  otherKeys: string[];
  workspace: string | null;
  operation: string;
  principal: string;
  account: string | null;
  recipientAccount: string | null;
  state: string;
  requestId: string | null;
  attemptProcess: string | null;
  attemptBoot: string | null;
  attemptSeq: number | null;
  attemptNo: number | null;
}

const rowsMax = 20_000;
const values = ({ key, operation, from, to }: AssignableSpan) => [
  key,
  operation,
  new Date(from).toISOString(),
  new Date(to).toISOString(),
];

/** Attempts that were sent and that no id or claim has joined. */
export function readAssignableAttempts(tx: Tx, span: AssignableSpan): Promise<AssignableAttempt[]> {
  return tx.$queryRawUnsafe<AssignableAttempt[]>(
    `SELECT concat_ws(' ', process, boot, seq, attempt) AS id, process, boot, seq::float8 AS seq, attempt,
       (extract(epoch FROM at) * 1000)::float8 AS at, (extract(epoch FROM sent_at) * 1000)::float8 AS "sentAt",
       (extract(epoch FROM sent_at) * 1000 + duration_ms)::float8 AS "endedAt", key, workspace, operation, sent,
       outcome, status, error_code AS "errorCode", request_id AS "requestId", event_id AS "eventId",
       join_method AS "joinMethod"
     FROM kms_attempt WHERE key = $1 AND operation = $2 AND at >= $3::timestamptz AND at <= $4::timestamptz AND sent
       AND (event_id IS NULL OR join_method = 'assignment') ORDER BY at, process, boot, seq, attempt LIMIT ${rowsMax}`,
    ...values(span),
  );
}

/** Uses without a claim by principals that are ours and do not claim, and those that are joined by time already. */
export function readAssignableEvents(tx: Tx, span: AssignableSpan): Promise<AssignableEvent[]> {
  return tx.$queryRawUnsafe<AssignableEvent[]>(
    `SELECT event_id AS "eventId", (extract(epoch FROM at) * 1000)::float8 AS at, key,
       coalesce(other_keys, '{}') AS "otherKeys", workspace, operation, principal, account,
       recipient_account AS "recipientAccount", state, request_id AS "requestId", attempt_process AS "attemptProcess", attempt_boot AS "attemptBoot",
       attempt_seq::float8 AS "attemptSeq", attempt_no AS "attemptNo"
     FROM audit_event WHERE key = $1 AND operation = $2 AND at >= $3::timestamptz AND at <= $4::timestamptz
       AND (state = 'unclaimed' OR join_method = 'assignment') ORDER BY at, event_id LIMIT ${rowsMax}`,
    ...values(span),
  );
}

/** Where events of these principals lie that time may join or has joined. */
export function readAssignablePlaces(
  tx: Tx,
  principals: readonly string[],
): Promise<{ key: string; operation: string; at: number }[]> {
  return tx.$queryRawUnsafe<{ key: string; operation: string; at: number }[]>(
    `SELECT DISTINCT key, operation, (extract(epoch FROM date_trunc('minute', at)) * 1000)::float8 AS at
     FROM audit_event WHERE principal = ANY($1::text[]) AND key IS NOT NULL
       AND (state = 'unclaimed' OR join_method = 'assignment') LIMIT ${rowsMax}`,
    principals,
  );
}
