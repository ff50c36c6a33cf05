/**
 * OTLP export requests, JSON or decoded from protobuf, to records. What is not Keytide's is passed over; what is
 * Keytide's but broken is rejected with its reason, and the rest goes in. crypto-core/docs/telemetry.md lists the
 * attributes.
 */
import type { AttemptRecord, CallRecord, TelemetryBatch } from '../domain/telemetry-record.ts';
import { causeOf } from '../shared/causes.ts';
import { textBytesMax } from '../sources/bounded-text.ts';
import {
  type Attributes,
  attributesOf,
  attributeText,
  FieldFault,
  hexOf,
  instant,
  isObject,
  items,
  nanosToMs,
  type Origin,
  optionalText,
  optionalWhole,
  whole,
  wholeMax,
  word,
  wordOf,
} from './otlp-fields.ts';
import { eachGroup, emptyBatch, guarded, reject, type Shape } from './otlp-groups.ts';
import { addPoint, type DekRows, notTaken, pointsOf } from './otlp-points.ts';

/** An ExportTraceServiceRequest. @throws {AppError} `bad-request` where it is none at all. */
export function parseTraces(body: unknown): TelemetryBatch {
  const batch = emptyBatch();
  eachGroup(body, spanShape, batch, (origin, span) => {
    if (!isObject(span)) throw new FieldFault('a span is no object');
    const attributes = attributesOf(span.attributes);
    if (!attributes.has('keytide.seq')) {
      if (isOwnSpan(span)) throw new FieldFault('keytide.seq is missing');
      return;
    }
    if (attributes.has('keytide.attempt')) batch.attempts.push(attemptOf(origin, span, attributes));
    else batch.calls.push(callOf(origin, span, attributes));
  });
  return batch;
}

/** An ExportMetricsServiceRequest. @throws {AppError} `bad-request` where it is none at all. */
export function parseMetrics(body: unknown): TelemetryBatch {
  const batch = emptyBatch();
  const deks: DekRows = new Map();
  eachGroup(body, metricShape, batch, (origin, metric) => {
    if (!isObject(metric)) throw new FieldFault('a metric is no object');
    const { name = '', sum } = metric;
    if (typeof name !== 'string') throw new FieldFault('a metric has no name');
    if (!name.startsWith('keytide.')) return;
    const fault = notTaken(name, sum);
    if (fault !== null) reject(batch, fault, pointsOf(metric));
    else if (isObject(sum))
      for (const point of items(sum.dataPoints, 'dataPoints'))
        guarded(batch, () => addPoint(batch, deks, { origin, name, point }));
  });
  for (const row of deks.values()) batch.deks.push(row);
  return batch;
}

const isOwnSpan = (span: unknown): boolean =>
  isObject(span) && Array.isArray(span.attributes) && span.attributes.some(isOwnAttribute);

const isOwnAttribute = (attribute: unknown): boolean =>
  isObject(attribute) && typeof attribute.key === 'string' && attribute.key.startsWith('keytide.');

const spanShape: Shape = {
  groups: 'resourceSpans',
  scopes: 'scopeSpans',
  items: 'spans',
  isOwn: isOwnSpan,
  size: () => 1,
};

const metricShape: Shape = {
  groups: 'resourceMetrics',
  scopes: 'scopeMetrics',
  items: 'metrics',
  isOwn: (metric) =>
    isObject(metric) && typeof metric.name === 'string' && metric.name.startsWith('keytide.'),
  size: pointsOf,
};

function callOf(origin: Origin, span: Record<string, unknown>, attributes: Attributes): CallRecord {
  const leaseEndsAt = optionalWhole(attributes, 'keytide.lease_ends_at');
  return {
    ...origin,
    ...commonOf(attributes),
    path: wordOf(attributes, 'keytide.path', 'callPath'),
    dek: attributeText(attributes, 'keytide.dek.id'),
    dekAgeMs: optionalWhole(attributes, 'keytide.dek.age_ms'),
    edekFingerprint: optionalText(attributes, 'keytide.edek.fingerprint'),
    generation: whole(attributes, 'keytide.generation', wholeMax.int4),
    parentSeq: optionalWhole(attributes, 'keytide.parent_seq'),
    rootSeq: optionalWhole(attributes, 'keytide.root_seq'),
    idleMs: optionalWhole(attributes, 'keytide.idle_ms'),
    forgotten: attributes.get('keytide.forgotten') === true,
    coalesced: whole(attributes, 'keytide.coalesced', wholeMax.int4),
    tag: optionalText(attributes, 'keytide.tag'),
    leaseEndsAt: leaseEndsAt === null ? null : instant(leaseEndsAt, 'keytide.lease_ends_at'),
    endedAt: nanosToMs(span.endTimeUnixNano, 'endTimeUnixNano'),
    attempts: whole(attributes, 'keytide.attempts', wholeMax.int4),
    traceId: hexOf(span.traceId, 32, 'traceId'),
    spanId: hexOf(span.spanId, 16, 'spanId'),
  };
}

function attemptOf(
  origin: Origin,
  span: Record<string, unknown>,
  attributes: Attributes,
): AttemptRecord {
  const sentAt = nanosToMs(span.startTimeUnixNano, 'startTimeUnixNano');
  const status = optionalWhole(attributes, 'http.response.status_code', wholeMax.int4);
  return {
    ...origin,
    ...commonOf(attributes),
    attempt: whole(attributes, 'keytide.attempt', wholeMax.int4),
    sent: attributes.get('keytide.sent') !== false,
    sentAt,
    durationMs: Math.max(0, nanosToMs(span.endTimeUnixNano, 'endTimeUnixNano') - sentAt),
    requestId: optionalText(attributes, 'aws.request_id'),
    status,
    errorCode: optionalText(attributes, 'error.type', textBytesMax.word),
    spanId: hexOf(span.spanId, 16, 'spanId'),
  };
}

function commonOf(attributes: Attributes) {
  return {
    seq: whole(attributes, 'keytide.seq'),
    at: instant(whole(attributes, 'keytide.at'), 'keytide.at'),
    workspace: attributeText(attributes, 'keytide.workspace'),
    key: attributeText(attributes, 'keytide.key'),
    operation: word(attributes, 'rpc.method'),
    cause: causeOf(word(attributes, 'keytide.cause')),
    outcome: wordOf(attributes, 'keytide.outcome', 'callOutcome'),
  };
}
