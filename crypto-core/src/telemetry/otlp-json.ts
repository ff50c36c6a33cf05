/** Turns calls and roll-ups into OTLP/HTTP JSON, with the attributes that docs/telemetry.md lists. Pure. */
import type { KmsAttempt, KmsCall, RollUp, TelemetrySource } from './port.ts';
import {
  type Attributes,
  type AttributeValue,
  attemptAttributes,
  callAttributes,
} from './span-attributes.ts';

export type Resource = Pick<TelemetrySource, 'process' | 'boot' | 'startedAt' | 'policy'>;

type Point = ReturnType<typeof pointOf>;

/** How much the sender dropped, to be reported with a roll-up. */
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
    attributes: Attributes,
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
    attributes: Attributes,
  ) => void,
  rollUp: RollUp,
  dropped: Dropped,
): void {
  const { seq, completeUntil, callsTold, last } = rollUp;
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
  add(
    'keytide.telemetry.rollups',
    1,
    { minute: completeUntil - minuteMs, seq },
    { 'keytide.seq': callsTold, 'keytide.last': last },
  );
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
    attributes: attributesOf(callAttributes(call)),
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
    attributes: attributesOf(attemptAttributes(call, attempt)),
  };
}

function statusOf(outcome: string) {
  return outcome === 'ok' ? {} : { status: { code: statusError, message: outcome } };
}

function resourceOf({ process, boot, startedAt, policy }: Resource) {
  return {
    attributes: attributesOf({
      'service.name': 'keytide',
      'service.instance.id': process,
      'keytide.process': process,
      'keytide.boot': boot,
      'keytide.started_at': startedAt,
      'keytide.ttl_ms': policy.ttlMs,
      'keytide.dek_rotation_ms': policy.dekRotationMs,
      'keytide.telemetry.complete': true,
    }),
  };
}

function pointOf(n: number, at: { minute: number; seq: number }, attributes: Attributes) {
  return {
    startTimeUnixNano: nanos(at.minute),
    timeUnixNano: nanos(at.minute + minuteMs),
    asInt: String(n),
    attributes: attributesOf({ 'keytide.rollup.seq': at.seq, ...attributes }),
  };
}

function attributesOf(values: Attributes) {
  const attributes = [];
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) attributes.push({ key, value: anyValue(value) });
  }
  return attributes;
}

function anyValue(value: AttributeValue) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return { intValue: String(Math.round(value)) };
}

/** Epoch milliseconds as OTLP's text of nanoseconds, exact to the microsecond. */
function nanos(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${whole}${String(micros).padStart(3, '0')}000`;
}
