import type { Tx } from './transaction.ts';

/** An attempt that may join, with the event it is joined to so far. */
export interface AttemptCandidate {
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  at: number;
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

export interface EventCandidate {
  eventId: string;
  at: number;
  operation: string;
  principal: string;
  key: string | null;
  otherKeys: string[];
  workspace: string | null;
  account: string | null;
  recipientAccount: string | null;
  requestId: string | null;
  sharedEventId: string | null;
  claimProcess: string | null;
  claimBoot: string | null;
  claimSeq: number | null;
  claimAttempt: number | null;
  state: string;
  joinMethod: string | null;
  attemptProcess: string | null;
  attemptBoot: string | null;
  attemptSeq: number | null;
  attemptNo: number | null;
}

export interface CallCandidate {
  process: string;
  boot: string;
  seq: number;
  attempts: number;
}

export interface CallNumber {
  process: string;
  boot: string;
  seq: number;
}

const eventColumns = `event_id AS "eventId", (extract(epoch FROM at) * 1000)::float8 AS at, operation, principal, key,
  coalesce(other_keys, '{}') AS "otherKeys", workspace, account, recipient_account AS "recipientAccount", request_id AS "requestId", shared_event_id AS "sharedEventId",
  claim_process AS "claimProcess", claim_boot AS "claimBoot", claim_seq::float8 AS "claimSeq",
  claim_attempt AS "claimAttempt", state, join_method AS "joinMethod", attempt_process AS "attemptProcess", attempt_boot AS "attemptBoot",
  attempt_seq::float8 AS "attemptSeq", attempt_no AS "attemptNo"`;

/**
 * The numbers that `$1` lists. Each is to be looked up by index: OFFSET 0 keeps a planner without statistics from
 * joining whole tables.
 */
export const numbers = 'jsonb_to_recordset($1::jsonb) AS n(process text, boot text, seq bigint)';

/** Events of these ids, of these requests, shared ids, or that claim one of these calls. */
export function readEventCandidates(
  tx: Tx,
  by: {
    eventIds: readonly string[];
    requestIds: readonly string[];
    sharedEventIds: readonly string[];
    calls: readonly CallNumber[];
  },
): Promise<EventCandidate[]> {
  return tx.$queryRawUnsafe<EventCandidate[]>(
    `SELECT ${eventColumns} FROM audit_event WHERE event_id = ANY($2::text[])
     UNION SELECT ${eventColumns} FROM audit_event WHERE request_id = ANY($3::text[])
     UNION SELECT ${eventColumns} FROM audit_event WHERE shared_event_id = ANY($4::text[])
     UNION SELECT ${eventColumns} FROM ${numbers} CROSS JOIN LATERAL (SELECT * FROM audit_event
       WHERE claim_process = n.process AND claim_boot = n.boot AND claim_seq = n.seq OFFSET 0) e`,
    JSON.stringify(by.calls),
    by.eventIds,
    by.requestIds,
    by.sharedEventIds,
  );
}

const attemptColumns = `a.process, a.boot, a.seq::float8 AS seq, a.attempt,
  (extract(epoch FROM a.at) * 1000)::float8 AS at, a.key, a.workspace,
  a.operation, a.sent, a.outcome, a.status, a.error_code AS "errorCode", a.request_id AS "requestId", a.event_id AS "eventId",
  a.join_method AS "joinMethod"`;

/** Attempts of these requests or of these calls. */
export function readAttemptCandidates(
  tx: Tx,
  by: { requestIds: readonly string[]; calls: readonly CallNumber[] },
): Promise<AttemptCandidate[]> {
  return tx.$queryRawUnsafe<AttemptCandidate[]>(
    `SELECT ${attemptColumns} FROM kms_attempt a WHERE a.request_id = ANY($2::text[])
     UNION SELECT ${attemptColumns} FROM ${numbers} CROSS JOIN LATERAL (SELECT * FROM kms_attempt
       WHERE process = n.process AND boot = n.boot AND seq = n.seq OFFSET 0) a`,
    JSON.stringify(by.calls),
    by.requestIds,
  );
}

export function readCallCandidates(tx: Tx, calls: readonly CallNumber[]): Promise<CallCandidate[]> {
  return tx.$queryRawUnsafe<CallCandidate[]>(
    `SELECT c.process, c.boot, c.seq::float8 AS seq, c.attempts FROM ${numbers} CROSS JOIN LATERAL (SELECT * FROM kms_call
       WHERE process = n.process AND boot = n.boot AND seq = n.seq OFFSET 0) c`,
    JSON.stringify(calls),
  );
}
