/**
 * OTLP export requests, JSON or decoded from protobuf, to records. What is not Keytide's is passed over; what is
 * Keytide's but broken is rejected with its reason, and the rest goes in. crypto-core/docs/telemetry.md lists the
 * attributes.
 */
import { AppError } from '../domain/app-error.ts';
import type {
  AttemptRecord,
  BootRecord,
  CallRecord,
  TelemetryBatch,
} from '../domain/telemetry-record.ts';
import { tupleKey } from '../shared/tuple-key.ts';
import {
  type Attributes,
  attributesOf,
  FieldFault,
  hexOf,
  instant,
  integer,
  isObject,
  items,
  nanosToMs,
  type Origin,
  optionalText,
  optionalWhole,
  originOf,
  text,
  whole,
} from './otlp-fields.ts';

const emptyBatch = (): TelemetryBatch => ({
  boots: [],
  calls: [],
  attempts: [],
  operations: [],
  deks: [],
  rejected: 0,
  reasons: [],
});

/** An ExportTraceServiceRequest. @throws {AppError} `bad-request` where it is none at all. */
export function parseTraces(body: unknown): TelemetryBatch {
  const batch = emptyBatch();
  eachGroup(
    body,
    { groups: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' },
    batch,
    (origin, span) => {
      if (!isObject(span)) throw new FieldFault('a span is no object');
      const attributes = attributesOf(span.attributes);
      if (!attributes.has('keytide.seq')) return;
      if (attributes.has('keytide.attempt'))
        batch.attempts.push(attemptOf(origin, span, attributes));
      else batch.calls.push(callOf(origin, span, attributes));
    },
  );
  return batch;
}

/** An ExportMetricsServiceRequest. @throws {AppError} `bad-request` where it is none at all. */
export function parseMetrics(body: unknown): TelemetryBatch {
  const batch = emptyBatch();
  const deks = new Map<string, TelemetryBatch['deks'][number]>();
  eachGroup(
    body,
    { groups: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' },
    batch,
    (origin, metric) => {
      if (!isObject(metric)) throw new FieldFault('a metric is no object');
      const { name = '', sum } = metric;
      if (typeof name !== 'string') throw new FieldFault('a metric has no name');
      if (!name.startsWith('keytide.') || !isObject(sum)) return;
      for (const point of items(sum.dataPoints, 'dataPoints')) {
        guarded(batch, () => {
          if (!isDelta(sum.aggregationTemporality))
            throw new FieldFault('a sum is not delta: export with delta temporality');
          addPoint(batch, deks, origin, name, point);
        });
      }
    },
  );
  batch.deks.push(...deks.values());
  return batch;
}

/** A sum that only grows would be counted again with each request. */
function isDelta(temporality: unknown): boolean {
  return temporality === 1 || temporality === 'AGGREGATION_TEMPORALITY_DELTA';
}

function eachGroup(
  body: unknown,
  names: { groups: string; scopes: string; items: string },
  batch: TelemetryBatch,
  take: (origin: Origin, item: unknown) => void,
): void {
  if (!isObject(body) || !Array.isArray(body[names.groups])) {
    throw new AppError(
      'bad-request',
      `The body is no OTLP request: ${names.groups} must be an array.`,
    );
  }
  for (const group of items(body[names.groups], names.groups)) {
    guarded(batch, () => {
      if (!isObject(group)) throw new FieldFault(`${names.groups} holds what is no object`);
      const found = items(group[names.scopes], names.scopes).flatMap((scope) =>
        isObject(scope) ? items(scope[names.items], names.items) : [],
      );
      if (!isKeytide(group.resource)) return;
      const origin = originOf(group.resource);
      batch.boots.push(bootOf(origin, group.resource));
      for (const item of found) guarded(batch, () => take(origin, item));
    });
  }
}

function bootOf(origin: Origin, resource: unknown): BootRecord {
  const attributes = attributesOf(isObject(resource) ? resource.attributes : undefined);
  const startedAt = optionalWhole(attributes, 'keytide.started_at');
  return {
    ...origin,
    startedAt: startedAt === null ? null : instant(startedAt, 'keytide.started_at'),
    ttlMs: optionalWhole(attributes, 'keytide.ttl_ms'),
    dekRotationMs: optionalWhole(attributes, 'keytide.dek_rotation_ms'),
  };
}

function isKeytide(resource: unknown): boolean {
  const attributes = attributesOf(isObject(resource) ? resource.attributes : undefined);
  return [...attributes.keys()].some((name) => name.startsWith('keytide.'));
}

const reasonsMax = 10;

function guarded(batch: TelemetryBatch, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof FieldFault)) throw error;
    batch.rejected += 1;
    const known = batch.reasons.includes(error.message);
    if (!known && batch.reasons.length < reasonsMax) batch.reasons.push(error.message);
  }
}

function callOf(origin: Origin, span: Record<string, unknown>, attributes: Attributes): CallRecord {
  const leaseEndsAt = optionalWhole(attributes, 'keytide.lease_ends_at');
  return {
    ...origin,
    ...commonOf(attributes),
    path: text(attributes, 'keytide.path'),
    dek: text(attributes, 'keytide.dek.id'),
    dekAgeMs: optionalWhole(attributes, 'keytide.dek.age_ms'),
    edekFingerprint: optionalText(attributes, 'keytide.edek.fingerprint'),
    generation: whole(attributes, 'keytide.generation'),
    parentSeq: optionalWhole(attributes, 'keytide.parent_seq'),
    rootSeq: optionalWhole(attributes, 'keytide.root_seq'),
    idleMs: optionalWhole(attributes, 'keytide.idle_ms'),
    forgotten: attributes.get('keytide.forgotten') === true,
    coalesced: whole(attributes, 'keytide.coalesced'),
    tag: optionalText(attributes, 'keytide.tag'),
    leaseEndsAt: leaseEndsAt === null ? null : instant(leaseEndsAt, 'keytide.lease_ends_at'),
    endedAt: nanosToMs(span.endTimeUnixNano, 'endTimeUnixNano'),
    attempts: whole(attributes, 'keytide.attempts'),
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
  const status = optionalWhole(attributes, 'http.response.status_code');
  return {
    ...origin,
    ...commonOf(attributes),
    attempt: whole(attributes, 'keytide.attempt'),
    sent: attributes.get('keytide.sent') !== false,
    sentAt,
    durationMs: Math.max(0, nanosToMs(span.endTimeUnixNano, 'endTimeUnixNano') - sentAt),
    requestId: optionalText(attributes, 'aws.request_id'),
    status,
    errorCode: optionalText(attributes, 'error.type'),
    spanId: hexOf(span.spanId, 16, 'spanId'),
  };
}

function commonOf(attributes: Attributes) {
  return {
    seq: whole(attributes, 'keytide.seq'),
    at: instant(whole(attributes, 'keytide.at'), 'keytide.at'),
    workspace: text(attributes, 'keytide.workspace'),
    key: text(attributes, 'keytide.key'),
    operation: text(attributes, 'rpc.method'),
    cause: text(attributes, 'keytide.cause'),
    outcome: text(attributes, 'keytide.outcome'),
  };
}

function addPoint(
  batch: TelemetryBatch,
  deks: Map<string, TelemetryBatch['deks'][number]>,
  origin: Origin,
  metric: string,
  point: unknown,
): void {
  if (!isObject(point)) throw new FieldFault('a data point is no object');
  const attributes = attributesOf(point.attributes);
  const n = typeof point.asDouble === 'number' ? point.asDouble : integer(point.asInt);
  if (!Number.isSafeInteger(n) || n < 0) throw new FieldFault('asInt is no whole number');
  const at = nanosToMs(point.startTimeUnixNano, 'startTimeUnixNano');
  const seq = whole(attributes, 'keytide.rollup.seq');
  if (metric === 'keytide.dek.uses' || metric === 'keytide.dek.bytes') {
    const workspace = text(attributes, 'keytide.workspace');
    const dek = text(attributes, 'keytide.dek.id');
    const id = tupleKey(origin.process, origin.boot, seq, dek, at);
    const row = deks.get(id) ?? { ...origin, at, seq, workspace, dek, uses: 0, bytes: 0 };
    row[metric === 'keytide.dek.uses' ? 'uses' : 'bytes'] += n;
    deks.set(id, row);
    return;
  }
  const where = { ...origin, at, seq, n };
  if (metric === 'keytide.telemetry.dropped') {
    const outcome = text(attributes, 'keytide.signal');
    batch.operations.push({
      ...where,
      workspace: '',
      key: '',
      scope: 'telemetry',
      path: 'dropped',
      outcome,
    });
    return;
  }
  const named = {
    workspace: text(attributes, 'keytide.workspace'),
    key: text(attributes, 'keytide.key'),
  };
  if (metric === 'keytide.messages') {
    batch.operations.push({
      ...where,
      ...named,
      scope: 'message',
      path: 'message',
      outcome: 'message',
    });
  } else if (metric === 'keytide.operations') {
    batch.operations.push({
      ...where,
      ...named,
      scope: scopeOf(attributes),
      path: text(attributes, 'keytide.path'),
      outcome: text(attributes, 'keytide.outcome'),
    });
  }
}

/** One of two words: the roll-ups' labels put the outcome behind it. @throws {FieldFault} */
function scopeOf(attributes: Attributes): string {
  const scope = text(attributes, 'keytide.scope');
  if (scope !== 'message' && scope !== 'outside')
    throw new FieldFault('keytide.scope is neither message nor outside');
  return scope;
}
