/** The span attributes of calls and attempts, as docs/telemetry.md lists them. */
import type { KmsAttempt, KmsCall } from './port.ts';

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue | undefined>;

export function callAttributes(call: KmsCall): Attributes {
  return {
    ...commonOf(call),
    'keytide.outcome': call.outcome,
    'keytide.path': call.path,
    'keytide.dek.id': call.dekId,
    'keytide.dek.age_ms': call.dekAgeMs,
    'keytide.edek.fingerprint': call.edekFingerprint,
    'keytide.generation': call.generation,
    'keytide.root_seq': call.rootSeq,
    'keytide.parent_seq': call.parentSeq,
    'keytide.coalesced': call.coalesced,
    'keytide.idle_ms': call.idleMs,
    'keytide.forgotten': call.forgotten,
    'keytide.tag': call.tag,
    'keytide.lease_ends_at': call.leaseEndsAt,
    'keytide.attempts': call.attempts.length,
  };
}

export function attemptAttributes(call: KmsCall, attempt: KmsAttempt): Attributes {
  return {
    ...commonOf(call),
    'keytide.outcome': attempt.outcome,
    'keytide.attempt': attempt.attempt,
    'keytide.sent': attempt.sent,
    'aws.request_id': attempt.requestId,
    'http.response.status_code': attempt.httpStatus,
    'error.type': attempt.reason,
  };
}

function commonOf(call: KmsCall): Attributes {
  return {
    'keytide.seq': call.seq,
    'keytide.at': call.at,
    'keytide.workspace': call.workspace,
    'keytide.key': call.keyUri,
    'keytide.cause': call.cause,
    'rpc.system.name': call.provider === 'aws' ? 'aws-api' : call.provider,
    'rpc.method': call.operation,
  };
}
