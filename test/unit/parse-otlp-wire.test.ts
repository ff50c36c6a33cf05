import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { presets } from '../../crypto-core/src/policy.ts';
import { metricsRequest, traceRequest } from '../../crypto-core/src/telemetry/otlp-json.ts';
import type { KmsCall, RollUp } from '../../crypto-core/src/telemetry/port.ts';
import type { AppError } from '../../lib/domain/app-error.ts';
import { encodeStatus, metricsMessages, traceMessages } from '../../lib/ingest/otlp-protobuf.ts';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';
import { kmsCall } from '../support/kms-call.ts';
import * as proto from '../support/otlp-proto.ts';

const at = Date.UTC(2026, 10, 23, 12, 0, 0, 7);
const sender = { process: 'engine-1', boot: 'boot0001', startedAt: at, policy: presets.hourly };
const fault = (code: AppError['code'], words = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(words) });

const call = (seq: number) => kmsCall({ seq, at });
const spans = (...calls: KmsCall[]) =>
  proto.toProtobuf(proto.tracesRequest, traceRequest(sender, calls));
const seqsOf = (bytes: Uint8Array) =>
  parseTraces(traceMessages.decode(bytes)).calls.map(({ seq }) => seq);
const minute = at - (at % 60_000);
const rollUp: RollUp = {
  seq: 1,
  ...{ completeUntil: minute, callsTold: 0, last: false },
  operations: [],
  messages: [{ minute, workspace: 'legal', keyUri: 'k', n: 5 }],
  deks: [],
};
const sums = metricsRequest(sender, [{ rollUp, dropped: { spans: 0, rollups: 0 } }]);

/** Length-delimited field 1, `depth` times one in the other, in resourceSpans. */
function nested(depth: number, path: readonly number[]): Uint8Array {
  let bytes = new Uint8Array();
  for (let level = depth; level > 0; level -= 1) {
    const id = path[Math.min(level - 1, path.length - 1)] ?? 1;
    bytes = protobuf.Writer.create()
      .uint32(id * 8 + 2)
      .bytes(bytes)
      .finish() as typeof bytes;
  }
  return bytes;
}

describe('a protobuf request', () => {
  test('keeps nanoseconds that a double would not, to the microsecond', () => {
    const body = traceRequest(sender, [call(1)]);
    Object.assign(body.resourceSpans[0]?.scopeSpans[0]?.spans[0] ?? {}, {
      endTimeUnixNano: '1795435200007123999',
    });
    const bytes = proto.toProtobuf(proto.tracesRequest, body);
    expect(parseTraces(traceMessages.decode(bytes)).calls[0]?.endedAt).toBe(1795435200007.123);
    expect(JSON.stringify(traceMessages.decode(bytes))).toContain('"1795435200007123999"');
  });

  test('with a number past 2^53 is rejected rather than rounded', () => {
    const body = traceRequest(sender, [{ ...call(1), seq: 0 }]);
    const [seq] = body.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.attributes ?? [];
    Object.assign(seq ?? {}, { value: { intValue: '9007199254740993' } });
    const decoded = traceMessages.decode(proto.toProtobuf(proto.tracesRequest, body));
    expect(parseTraces(decoded)).toMatchObject({
      rejected: 1,
      reasons: ['keytide.seq is no whole number'],
    });
  });

  test('cut and joined is what its parts are: two requests back to back are one', () => {
    expect(seqsOf(Buffer.concat([spans(call(1)), spans(call(2), call(3))]))).toEqual([1, 2, 3]);
  });

  test('may hold fields of a later version, of every wire type; they are skipped', () => {
    const later = protobuf.Writer.create()
      .uint32(101 * 8)
      .uint64(2 ** 40)
      .uint32(102 * 8 + 1)
      .fixed64(1)
      .uint32(103 * 8 + 2)
      .string('later')
      .uint32(104 * 8 + 5)
      .fixed32(1)
      .finish();
    expect(seqsOf(Buffer.concat([later, spans(call(1)), later]))).toEqual([1]);
  });

  test('may hold text that is no UTF-8 where it is not Keytide’s', () => {
    const body = traceRequest(sender, [call(1)]);
    const bytes = Buffer.from(
      proto.toProtobuf(proto.tracesRequest, {
        resourceSpans: [
          ...body.resourceSpans,
          { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] } },
        ],
      }),
    );
    bytes.write('\xff\xfe', bytes.indexOf('shop'), 'latin1');
    expect(seqsOf(bytes)).toEqual([1]);
  });

  test('that nests without end is refused, not overflowed', () => {
    // resourceSpans, resource, attributes, value, then a key-value list in a list in a list …
    const lists = [1, 1, 1, 2, ...Array.from({ length: 90 }, (_, n) => [6, 1, 2][n % 3] ?? 1)];
    expect(() => traceMessages.decode(nested(40, lists))).not.toThrow();
    const endless = [...lists, ...lists.slice(4), ...lists.slice(4)];
    expect(() => traceMessages.decode(nested(200, endless))).toThrow(
      fault('bad-request', 'nests too deep'),
    );
    expect(() => traceMessages.decode(Buffer.alloc(100_000, 0xb3))).toThrow(fault('bad-request'));
  });

  test('of empty messages by the million is too large', () => {
    const bytes = Buffer.alloc(10 * 2 ** 20);
    for (let index = 0; index < bytes.length; index += 2) bytes[index] = 0x0a;
    expect(() => traceMessages.decode(bytes)).toThrow(fault('too-large', 'smaller batches'));
  });

  test.each([
    ['a JSON body', Buffer.from('{"resourceSpans":[]}')],
    ['gzip that nobody announced', Buffer.from('1f8b0800000000000003', 'hex')],
    ['half a request', spans(call(1)).subarray(0, -3)],
    ['a field numbered 0', Buffer.from('0200', 'hex')],
    ['the end of a group', Buffer.from('0c', 'hex')],
    ['a text longer than the body', Buffer.from('0a031a0561', 'hex')],
    ['a text longer than its message', Buffer.from('0a041a056162636465', 'hex')],
    ['a message longer than the one around it', Buffer.from('0a020a031203616263', 'hex')],
  ])('that is %s is a bad request that says what to check', (_name, bytes) => {
    const decode = () => traceMessages.decode(bytes);
    expect(decode).toThrow(fault('bad-request', 'no ExportTraceServiceRequest in protobuf'));
    expect(decode).toThrow(fault('bad-request', 'content-type'));
  });
});

test('packed numbers that end within one are a bad request', () => {
  const packed = (bytes: number) => {
    const point = Buffer.concat([Buffer.from([0x32, bytes]), Buffer.alloc(16)]);
    // resourceMetrics, scopeMetrics, metrics, histogram and its data points around the point's bucketCounts.
    return [1, 9, 2, 2, 1].reduce(
      (inner, id) => Buffer.concat([Buffer.from([id * 8 + 2, inner.length]), inner]),
      point,
    );
  };
  expect(() => metricsMessages.decode(packed(16))).not.toThrow();
  expect(() => metricsMessages.decode(packed(12))).toThrow(fault('bad-request', 'bucketCounts'));
});

describe('another signal’s request', () => {
  const logs = protobuf.parse(`syntax = "proto3";
    message Request { repeated ResourceLogs resource_logs = 1; }
    message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
    message Resource { repeated KeyValue attributes = 1; }
    message ScopeLogs { repeated LogRecord log_records = 2; }
    message LogRecord {
      fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3;
      AnyValue body = 5; repeated KeyValue attributes = 6; fixed32 flags = 8;
      bytes trace_id = 9; bytes span_id = 10; fixed64 observed_time_unix_nano = 11;
    }
    message KeyValue { string key = 1; AnyValue value = 2; }
    message AnyValue { string string_value = 1; int64 int_value = 3; }`).root;
  const { resource } = traceRequest(sender, []).resourceSpans[0] ?? {};
  const attributes = traceRequest(sender, [call(1)]).resourceSpans[0]?.scopeSpans[0]?.spans[0]
    ?.attributes;

  test.each([
    ['a time', { timeUnixNano: '1795435200007000000' }],
    ['an observed time', { observedTimeUnixNano: '1795435200007000000' }],
    ['a severity', { severityNumber: 9 }],
    ['attributes like a call’s', { attributes }],
    ['a span id', { spanId: [...Buffer.alloc(8, 1)] }],
  ])('logs with %s, posted as traces, are a bad request', (_name, record) => {
    const bytes = proto.toProtobuf(logs.lookupType('Request'), {
      resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }],
    });
    expect(() => traceMessages.decode(bytes)).toThrow(fault('bad-request', 'of another type'));
  });

  test('metrics posted as traces, or traces as metrics, are a bad request', () => {
    const metrics = proto.toProtobuf(proto.metricsRequest, sums);
    expect(() => traceMessages.decode(metrics)).toThrow(fault('bad-request'));
    expect(() => metricsMessages.decode(spans(call(1)))).toThrow(fault('bad-request'));
  });
});

describe('metrics', () => {
  const sum = sums.resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]?.sum;
  const changed = (change: object, point: object = {}) => {
    const body = structuredClone(sums);
    const metric = body.resourceMetrics[0]?.scopeMetrics[0]?.metrics[0];
    Object.assign(metric?.sum ?? {}, change);
    Object.assign(metric?.sum.dataPoints[0] ?? {}, point);
    return body;
  };

  test.each([2, 0, 'AGGREGATION_TEMPORALITY_CUMULATIVE'])(
    'whose temporality is not delta (%s) are rejected by the point: they would count twice',
    (aggregationTemporality) => {
      const body = changed({ aggregationTemporality });
      for (const request of [
        body,
        metricsMessages.decode(proto.toProtobuf(proto.metricsRequest, body)),
      ])
        expect(parseMetrics(request)).toMatchObject({
          rejected: sum?.dataPoints.length,
          reasons: ['a sum is not delta: export with delta temporality'],
          operations: [{ path: 'complete' }],
        });
    },
  );

  test.each([1, 'AGGREGATION_TEMPORALITY_DELTA'])('of temporality %s are taken', (name) => {
    expect(parseMetrics(changed({ aggregationTemporality: name })).operations).toHaveLength(2);
  });

  test('may count in doubles that are whole', () => {
    const counted = (asDouble: number) =>
      parseMetrics(
        metricsMessages.decode(
          proto.toProtobuf(proto.metricsRequest, changed({}, { asInt: undefined, asDouble })),
        ),
      );
    expect(counted(7).operations).toMatchObject([{ n: 7 }, { path: 'complete' }]);
    for (const n of [1.5, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(counted(n)).toMatchObject({ rejected: 1, reasons: ['asInt is no whole number'] });
  });
});

describe('the answer in protobuf', () => {
  test('to what was taken whole is an empty message', () => {
    expect(traceMessages.encode({})).toHaveLength(0);
    expect(metricsMessages.encode({})).toHaveLength(0);
  });

  test('says how many were rejected, exactly, and why', () => {
    const traces = { partialSuccess: { rejectedSpans: '9007199254740993', errorMessage: 'é' } };
    expect(proto.fromProtobuf(proto.tracesResponse, traceMessages.encode(traces))).toEqual(traces);
    const metrics = { partialSuccess: { rejectedDataPoints: '3', errorMessage: 'why' } };
    expect(proto.fromProtobuf(proto.metricsResponse, metricsMessages.encode(metrics))).toEqual(
      metrics,
    );
  });

  test('to a fault is a google.rpc.Status', () => {
    const status = { code: 3, message: 'what to do' };
    expect(proto.fromProtobuf(proto.rpcStatus, encodeStatus(status))).toEqual(status);
  });
});
