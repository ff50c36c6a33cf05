import { type KmsAction, operationsOf } from '../domain/kms-operations.ts';
import type { Tx } from './transaction.ts';

/** What may be joined by time: of one key and action, epoch ms. */
export interface AssignableSpan {
  key: string;
  action: KmsAction;
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
  requestId: string | null;
  /** Null where no answer tells: of what was not understood, the server may think otherwise. */
  ok: boolean | null;
  eventId: string | null;
}

export interface AssignableEvent {
  eventId: string;
  at: number;
  principal: string;
  requestId: string | null;
  resolutionMs: number;
  ok: boolean;
  attemptProcess: string | null;
  attemptBoot: string | null;
  attemptSeq: number | null;
  attemptNo: number | null;
  confidence: number | null;
}

const rowsMax = 20_000;
const values = ({ key, from, to }: AssignableSpan, what: unknown) => [
  key,
  what,
  new Date(from).toISOString(),
  new Date(to).toISOString(),
];

/** Attempts that were sent and that no id or claim has joined. */
export function readAssignableAttempts(tx: Tx, span: AssignableSpan): Promise<AssignableAttempt[]> {
  return tx.$queryRawUnsafe<AssignableAttempt[]>(
    `SELECT concat_ws(' ', process, boot, seq, attempt) AS id, process, boot, seq::float8 AS seq, attempt,
       (extract(epoch FROM at) * 1000)::float8 AS at, (extract(epoch FROM sent_at) * 1000)::float8 AS "sentAt",
       (extract(epoch FROM sent_at) * 1000 + duration_ms)::float8 AS "endedAt", request_id AS "requestId",
       CASE outcome WHEN 'ok' THEN TRUE WHEN 'denied' THEN FALSE END AS ok, event_id AS "eventId"
     FROM kms_attempt WHERE key = $1 AND operation = ANY($2::text[]) AND at >= $3::timestamptz AND at <= $4::timestamptz AND sent
       AND (event_id IS NULL OR join_method = 'assignment') ORDER BY at, process, boot, seq, attempt LIMIT ${rowsMax}`,
    ...values(span, operationsOf(span.action)),
  );
}

/** Uses without a claim by principals that are ours and do not claim, and those that are joined by time already. */
export function readAssignableEvents(tx: Tx, span: AssignableSpan): Promise<AssignableEvent[]> {
  return tx.$queryRawUnsafe<AssignableEvent[]>(
    `SELECT event_id AS "eventId", (extract(epoch FROM at) * 1000)::float8 AS at, principal,
       request_id AS "requestId", coalesce((facts->>'resolutionMs')::float8, 1000) AS "resolutionMs",
       error_code IS NULL AS ok, attempt_process AS "attemptProcess", attempt_boot AS "attemptBoot",
       attempt_seq::float8 AS "attemptSeq", attempt_no AS "attemptNo",
       join_confidence::float8 AS confidence
     FROM audit_event WHERE key = $1 AND action = $2 AND at >= $3::timestamptz AND at <= $4::timestamptz
       AND (state = 'unclaimed' OR join_method = 'assignment') ORDER BY at, event_id LIMIT ${rowsMax}`,
    ...values(span, span.action),
  );
}

/** Where events of these principals lie that time may join or has joined. */
export function readAssignablePlaces(
  tx: Tx,
  principals: readonly string[],
): Promise<{ key: string; action: KmsAction; at: number }[]> {
  return tx.$queryRawUnsafe<{ key: string; action: KmsAction; at: number }[]>(
    `SELECT DISTINCT key, action, (extract(epoch FROM date_trunc('minute', at)) * 1000)::float8 AS at
     FROM audit_event WHERE principal = ANY($1::text[]) AND key IS NOT NULL
       AND (state = 'unclaimed' OR join_method = 'assignment') LIMIT ${rowsMax}`,
    principals,
  );
}

/** The newest uses of a key by one caller until `to`, joined or not: what tells whether it is one of ours. */
export async function readSample(
  tx: Tx,
  {
    principal,
    key,
    action,
    to,
  }: { principal: string } & Pick<AssignableSpan, 'key' | 'action' | 'to'>,
): Promise<{ at: number; resolutionMs: number; ok: boolean }[]> {
  return tx.$queryRawUnsafe<{ at: number; resolutionMs: number; ok: boolean }[]>(
    `SELECT (extract(epoch FROM at) * 1000)::float8 AS at, (facts->>'resolutionMs')::float8 AS "resolutionMs",
       error_code IS NULL AS ok
     FROM audit_event WHERE key = $1 AND action = $2 AND at <= $3::timestamptz AND at > $3::timestamptz - interval '1 day'
       AND principal = $4 AND facts->>'resolutionMs' IS NOT NULL ORDER BY at DESC LIMIT ${sampleMax}`,
    key,
    action,
    new Date(to).toISOString(),
    principal,
  );
}

const sampleMax = 200;

/** Every attempt that was sent in the span, joined or not. */
export function readSentAttempts(
  tx: Tx,
  span: AssignableSpan,
): Promise<{ sentAt: number; endedAt: number; ok: boolean | null }[]> {
  return tx.$queryRawUnsafe<{ sentAt: number; endedAt: number; ok: boolean | null }[]>(
    `SELECT (extract(epoch FROM sent_at) * 1000)::float8 AS "sentAt",
       (extract(epoch FROM sent_at) * 1000 + duration_ms)::float8 AS "endedAt",
       CASE outcome WHEN 'ok' THEN TRUE WHEN 'denied' THEN FALSE END AS ok
     FROM kms_attempt WHERE key = $1 AND operation = ANY($2::text[]) AND at >= $3::timestamptz AND at <= $4::timestamptz
       AND sent ORDER BY at, process, boot, seq, attempt LIMIT ${rowsMax}`,
    ...values(span, operationsOf(span.action)),
  );
}
