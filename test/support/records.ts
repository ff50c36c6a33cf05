import type { AuditFacts, AuditRecord } from '../../lib/domain/audit-record.ts';
import { actionOf } from '../../lib/domain/kms-operations.ts';
import { isByHand, type LogUse } from '../../lib/domain/log-use.ts';
import type {
  AttemptRecord,
  CallRecord,
  OperationRecord,
  TelemetryBatch,
} from '../../lib/domain/telemetry-record.ts';

export const customer = '200000000001';
export const service = '100000000001';
export const keyArn = `arn:aws:kms:eu-central-1:${customer}:key/11111111-2222-3333-4444-555555555555`;
export const ourRole = 'AROAOURS000000000000';

export const emptyBatch = (): TelemetryBatch => ({
  boots: [],
  calls: [],
  attempts: [],
  operations: [],
  deks: [],
  rejected: 0,
  reasons: [],
});

/** A successful call of one attempt; what is given differs. */
export function callRecord(given: Partial<CallRecord> & { at: number; seq: number }): CallRecord {
  return {
    process: 'engine-1',
    boot: 'boot0001',
    workspace: 'legal',
    key: keyArn,
    operation: 'Decrypt',
    path: 'decrypt',
    cause: 'load.first',
    dek: 'd'.repeat(32),
    dekAgeMs: 0,
    edekFingerprint: null,
    generation: 0,
    parentSeq: null,
    rootSeq: given.seq,
    idleMs: null,
    forgotten: false,
    coalesced: 0,
    tag: null,
    leaseEndsAt: null,
    endedAt: given.at + 5,
    outcome: 'ok',
    attempts: 1,
    traceId: 'a'.repeat(32),
    spanId: given.seq.toString(16).padStart(16, '0'),
    ...given,
  };
}

/** An attempt of a call, successful unless told otherwise. */
export function attemptRecord(call: CallRecord, given: Partial<AttemptRecord> = {}): AttemptRecord {
  const { at, process, boot, seq, workspace, key, operation, cause, spanId } = call;
  const attempt = given.attempt ?? 1;
  return {
    at,
    process,
    boot,
    seq,
    attempt,
    workspace,
    key,
    operation,
    cause,
    sent: true,
    sentAt: at,
    durationMs: 4.5,
    requestId: `r-${process}-${boot}-${seq}-${attempt}`,
    status: 200,
    outcome: 'ok',
    errorCode: null,
    spanId,
    ...given,
  };
}

export function operationRecord(
  given: Partial<OperationRecord> & { at: number; seq: number; outcome: string; n: number },
): OperationRecord {
  return {
    process: 'engine-1',
    boot: 'boot0001',
    workspace: 'legal',
    key: keyArn,
    scope: 'message',
    path: 'decrypt',
    ...given,
  };
}

const factsAt = (at: number, claimIn: AuditFacts['claimIn']): AuditFacts => ({
  time: new Date(at).toISOString(),
  resolutionMs: 1_000,
  claimIn,
  reason: null,
  error: null,
  network: [],
  ids: [],
});

/** An event of our role in the customer's log, without a claim; what is given differs. */
export function auditRecord(
  given: Partial<AuditRecord> & { eventId: string; at: number },
): AuditRecord {
  const operation = given.operation ?? 'Decrypt';
  return {
    provider: 'aws',
    operation,
    action: actionOf(operation),
    key: keyArn,
    otherKeys: [],
    principal: ourRole,
    principalName: `${service}/${ourRole}`,
    session: 'engine-1',
    account: service,
    recipientAccount: customer,
    requestId: `r-${given.eventId}`,
    sharedEventId: null,
    claim: null,
    errorCode: null,
    sourceIp: '127.0.0.11',
    userAgent: null,
    workspace: null,
    dekId: null,
    context: null,
    invokedBy: null,
    facts: factsAt(given.at, given.claim ? 'user-agent' : null),
    raw: '{}',
    ...given,
  };
}

/** The event that an attempt left in the customer's log, claim and request id included. */
export function eventOf(attempt: AttemptRecord, given: Partial<AuditRecord> = {}): AuditRecord {
  const { process, boot, seq, attempt: number, cause, spanId, workspace, operation } = attempt;
  return auditRecord({
    eventId: `e-${process}-${boot}-${seq}-${number}`,
    at: Math.floor(attempt.sentAt / 1000) * 1000,
    operation,
    requestId: attempt.requestId,
    session: process,
    claim: { process, boot, seq, attempt: number, cause, spanId },
    workspace,
    ...given,
  });
}

/** A Decrypt of our role as a log alone has it; what is given differs. */
export function logUse(at: number, given: Partial<LogUse> = {}): LogUse {
  return {
    eventId: `e${at}`,
    at,
    operation: 'Decrypt',
    principal: ourRole,
    session: 'engine-1',
    sourceIp: '127.0.0.11',
    key: keyArn,
    invokedBy: null,
    byHand: false,
    context: null,
    dek: null,
    workspace: null,
    claimCause: null,
    errorCode: null,
    ...given,
  };
}

/** A record's use of the key with the claim removed, as a log alone has it. */
export function logUseOf(record: AuditRecord): LogUse {
  const { eventId, at, operation, principal, session, sourceIp, key, userAgent } = record;
  const { invokedBy, context, dekId: dek, workspace, errorCode } = record;
  const byHand = isByHand(userAgent);
  const by = { principal, session: session ?? sourceIp, sourceIp, invokedBy, byHand };
  return {
    eventId,
    at,
    operation,
    ...by,
    key,
    context,
    dek,
    workspace,
    errorCode,
    claimCause: null,
  };
}
