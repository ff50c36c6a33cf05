/** Calls and roll-ups as OTLP/HTTP JSON, with the attributes that docs/telemetry.md lists. Pure. */
import type { KmsAttempt, KmsCall, RollUp } from './port.ts';

export interface Resource {
  process: string;
  boot: string;
}

type Value = string | number | boolean | undefined;
type Point = ReturnType<typeof pointOf>;

/** Drops to report with a roll-up. */
export interface Dropped {
  spans: number;
  rollups: number;
}

const minuteMs = 60_000;
const delta = 1;
const kinds = { internal: 1, client: 3 } as const;
const statusError = 2;

/** An ExportTraceServiceRequest. */
export function traceRequest(resource: Resource, calls: readonly KmsCall[]) {
  const spans = calls.flatMap((call) => [
    callSpan(call),
    ...call.attempts.map((attempt) => attemptSpan(call, attempt)),
  ]);
  return {
    resourceSpans: [
      { resource: resourceOf(resource), scopeSpans: [{ scope: { name: 'keytide' }, spans }] },
    ],
  };
}

/** An ExportMetricsServiceRequest. */
export function metricsRequest(
  resource: Resource,
  rollUps: readonly { rollUp: RollUp; dropped: Dropped }[],
) {
  const points: Record<string, Point[]> = {};
  const add = (
    name: string,
    n: number,
    at: { minute: number; seq: number },
    attributes: Record<string, Value>,
  ) => {
    if (n === 0) return;
    points[name] ??= [];
    points[name].push(pointOf(n, at, attributes));
  };
  for (const { rollUp, dropped } of rollUps) addPoints(add, rollUp, dropped);
  const metrics = Object.entries(points).map(([name, dataPoints]) => ({
    name,
    unit: name === 'keytide.dek.bytes' ? 'By' : '1',
    sum: { aggregationTemporality: delta, isMonotonic: true, dataPoints },
  }));
  return {
    resourceMetrics: [
      { resource: resourceOf(resource), scopeMetrics: [{ scope: { name: 'keytide' }, metrics }] },
    ],
  };
}

function addPoints(
  add: (
    name: string,
    n: number,
    at: { minute: number; seq: number },
    attributes: Record<string, Value>,
  ) => void,
  rollUp: RollUp,
  dropped: Dropped,
): void {
  const { seq } = rollUp;
  for (const { minute, workspace, keyUri, n } of rollUp.messages) {
    add(
      'keytide.messages',
      n,
      { minute, seq },
      { 'keytide.workspace': workspace, 'keytide.key': keyUri },
    );
  }
  for (const { minute, workspace, keyUri, scope, path, outcome, n } of rollUp.operations) {
    add(
      'keytide.operations',
      n,
      { minute, seq },
      {
        'keytide.workspace': workspace,
        'keytide.key': keyUri,
        'keytide.scope': scope,
        'keytide.path': path,
        'keytide.outcome': outcome,
      },
    );
  }
  for (const { minute, workspace, dekId, uses, bytes } of rollUp.deks) {
    const attributes = { 'keytide.workspace': workspace, 'keytide.dek.id': dekId };
    add('keytide.dek.uses', uses, { minute, seq }, attributes);
    add('keytide.dek.bytes', bytes, { minute, seq }, attributes);
  }
  const first = rollUp.operations[0] ?? rollUp.messages[0] ?? rollUp.deks[0];
  for (const signal of ['spans', 'rollups'] as const) {
    add(
      'keytide.telemetry.dropped',
      dropped[signal],
      { minute: first?.minute ?? 0, seq },
      { 'keytide.signal': signal },
    );
  }
}

function callSpan(call: KmsCall) {
  return {
    traceId: call.traceId,
    spanId: call.spanId,
    name: 'keytide.kms_call',
    kind: kinds.internal,
    startTimeUnixNano: nanos(call.at),
    endTimeUnixNano: nanos(call.endedAt),
    ...statusOf(call.outcome),
    attributes: attributesOf({
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
    }),
  };
}

function attemptSpan(call: KmsCall, attempt: KmsAttempt) {
  return {
    traceId: call.traceId,
    spanId: attempt.spanId,
    parentSpanId: call.spanId,
    name: `KMS.${call.operation}`,
    kind: kinds.client,
    startTimeUnixNano: nanos(attempt.sentAt),
    endTimeUnixNano: nanos(attempt.sentAt + attempt.durationMs),
    ...statusOf(attempt.outcome),
    attributes: attributesOf({
      ...commonOf(call),
      'keytide.outcome': attempt.outcome,
      'keytide.attempt': attempt.attempt,
      'keytide.sent': attempt.sent,
      'aws.request_id': attempt.requestId,
      'http.response.status_code': attempt.httpStatus,
      'error.type': attempt.reason,
    }),
  };
}

function commonOf(call: KmsCall): Record<string, Value> {
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

function statusOf(outcome: string) {
  return outcome === 'ok' ? {} : { status: { code: statusError, message: outcome } };
}

function resourceOf({ process, boot }: Resource) {
  return {
    attributes: attributesOf({
      'service.name': 'keytide',
      'service.instance.id': process,
      'keytide.process': process,
      'keytide.boot': boot,
    }),
  };
}

function pointOf(
  n: number,
  at: { minute: number; seq: number },
  attributes: Record<string, Value>,
) {
  return {
    startTimeUnixNano: nanos(at.minute),
    timeUnixNano: nanos(at.minute + minuteMs),
    asInt: String(n),
    attributes: attributesOf({ 'keytide.rollup.seq': at.seq, ...attributes }),
  };
}

function attributesOf(values: Record<string, Value>) {
  const attributes = [];
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) attributes.push({ key, value: anyValue(value) });
  }
  return attributes;
}

function anyValue(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return { intValue: String(Math.round(value)) };
}

/** Epoch milliseconds as OTLP's nanosecond text, microseconds kept. */
function nanos(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${whole}${String(micros).padStart(3, '0')}000`;
}
