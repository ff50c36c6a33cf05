/** OpenTelemetry's own exporters, over HTTP, against the ingest routes and a store. */
import { gzipSync } from 'node:zlib';
import { type DiagLogger, diag, ValueType } from '@opentelemetry/api';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { POST as postMetrics } from '../../app/api/otlp/v1/metrics/route.ts';
import { POST as postTraces } from '../../app/api/otlp/v1/traces/route.ts';
import { presets } from '../../crypto-core/src/policy.ts';
import { otelSink } from '../../crypto-core/src/telemetry/otel.ts';
import { traceRequest as tracesJson } from '../../crypto-core/src/telemetry/otlp-json.ts';
import type { KmsCall } from '../../crypto-core/src/telemetry/port.ts';
import { openMemory } from '../../lib/store/connection/embedded.ts';
import { kmsCall } from '../support/kms-call.ts';
import { fromProtobuf, rpcStatus, toProtobuf, tracesRequest } from '../support/otlp-proto.ts';
import { type RouteServer, serveRoutes } from '../support/route-server.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const token = 'token-of-the-ingest-test';
const at = Date.UTC(2026, 10, 23, 12, 0, 0, 7);
const keytide = {
  'service.name': 'keytide',
  'keytide.process': 'engine-1',
  'keytide.boot': 'boot0001',
};
const fullCall = kmsCall({
  seq: 1,
  at,
  endedAt: at + 12.345,
  tag: 'conversation ☂',
  leaseEndsAt: at + 3_600_000,
  forgotten: true,
  attempts: [
    {
      attempt: 1,
      spanId: '',
      sentAt: at + 1,
      durationMs: 5,
      sent: true,
      outcome: 'outage',
      reason: 'ThrottlingException',
      requestId: 'r-1',
      httpStatus: 400,
    },
    {
      attempt: 2,
      spanId: '',
      sentAt: at + 7,
      durationMs: 5.125,
      sent: true,
      outcome: 'ok',
      requestId: 'r-2',
      httpStatus: 200,
    },
  ],
});

/** What the SDK makes of these calls, on a tracer of that resource. */
async function spansOf(
  resource: Record<string, string>,
  calls: readonly KmsCall[],
): Promise<ReadableSpan[]> {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const sink = otelSink(provider.getTracer('keytide'));
  for (const call of calls) sink.call?.(call);
  await provider.forceFlush();
  return exporter.getFinishedSpans();
}

/** What the SDK collects of one counter. */
async function sumsOf(
  resource: Record<string, string>,
  given: {
    name: string;
    n: number;
    attributes: Record<string, string | number>;
    valueType?: ValueType;
    temporality?: AggregationTemporality;
  },
): Promise<ResourceMetrics> {
  const exporter = new InMemoryMetricExporter(given.temporality ?? AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const provider = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: [reader],
  });
  const { valueType = ValueType.INT } = given;
  provider
    .getMeter('keytide')
    .createCounter(given.name, { valueType })
    .add(given.n, given.attributes);
  await provider.forceFlush();
  const [metrics] = exporter.getMetrics();
  await provider.shutdown();
  if (metrics === undefined) throw new Error('nothing was collected');
  return metrics;
}

/** The attributes of a count of messages in one roll-up. */
const messages = (seq: number) => ({
  'keytide.rollup.seq': seq,
  'keytide.workspace': 'legal',
  'keytide.key': 'k',
});

interface Exporter<T> {
  export(items: T, done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

/** Exports, and resolves to what the exporter makes of the answer. */
async function send<T>(exporter: Exporter<T>, items: T) {
  const result = await new Promise<{ code: number; error?: Error }>((resolve) =>
    exporter.export(items, resolve),
  );
  await exporter.shutdown();
  return result;
}

const forms = [
  { form: 'JSON', type: 'application/json', Traces: JsonTraces, Metrics: JsonMetrics },
  { form: 'protobuf', type: 'application/x-protobuf', Traces: ProtoTraces, Metrics: ProtoMetrics },
].flatMap((form) => ['none', 'gzip'].map((compression) => ({ ...form, compression })));

let store: TestStore;
let server: RouteServer;
let warnings: string[];

beforeAll(async () => {
  const database = await openMemory();
  store = await openTestStore(async () => database);
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('KEYTIDE_INGEST_TOKEN', token);
  server = await serveRoutes({ '/v1/traces': postTraces, '/v1/metrics': postMetrics });
});
afterAll(async () => {
  await server.close();
  vi.unstubAllEnvs();
});
beforeEach(async () => {
  await store.clear();
  server.seen.length = 0;
  warnings = [];
  const warn = (...words: unknown[]) => {
    warnings.push(words.join(' '));
  };
  const quiet = () => undefined;
  const logger: DiagLogger = { warn, error: warn, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { suppressOverrideMessage: true });
});
afterEach(() => diag.disable());

const config = (signal: 'traces' | 'metrics', authorization = `Bearer ${token}`) => ({
  url: `${server.url}/v1/${signal}`,
  headers: { authorization },
});
const rows = async (table: string) => (await store.dump())[table] ?? [];
const post = (signal: string, body: BodyInit, headers: Record<string, string>) =>
  fetch(`${server.url}/v1/${signal}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body,
  });
const statusOf = async (answer: Response) => {
  expect(answer.headers.get('content-type')).toBe('application/x-protobuf');
  return fromProtobuf(rpcStatus, Buffer.from(await answer.arrayBuffer()));
};

describe.each(forms)('the standard exporters of $form, compression $compression', (given) => {
  const { type, compression, Traces, Metrics } = given;
  beforeEach(() => vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression));
  const seenAs = (status: number) => ({
    type,
    encoding: compression === 'none' ? '' : compression,
    status,
  });

  test('bring spans in, and nothing is reported amiss', async () => {
    const spans = await spansOf(keytide, [fullCall]);
    expect(await send(new Traces(config('traces')), spans)).toEqual({ code: 0 });
    expect(server.seen).toMatchObject([seenAs(200)]);
    expect(warnings).toEqual([]);
    expect(await rows('kms_call')).toHaveLength(1);
    expect(await rows('kms_attempt')).toHaveLength(2);
  });

  test('are told of Keytide’s spans whose resource is another service’s: they are not taken', async () => {
    const spans = await spansOf({ 'service.name': 'shop' }, [fullCall]);
    expect(await send(new Traces(config('traces')), spans)).toEqual({ code: 0 });
    expect(warnings[0]).toMatch(/Partial Success.*"rejectedSpans":"?3"?.*lacks keytide.process/);
    expect(await rows('kms_call')).toEqual([]);
  });

  test('are told how many spans were rejected and why, and the others go in', async () => {
    const broken = { ...fullCall, seq: 2, workspace: '' };
    const spans = await spansOf(keytide, [fullCall, broken, { ...fullCall, seq: 3 }]);
    expect(await send(new Traces(config('traces')), spans)).toEqual({ code: 0 });
    expect(server.seen).toMatchObject([seenAs(200)]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/Partial Success.*"rejectedSpans":"?3"?/);
    expect(warnings[0]).toContain('keytide.workspace is missing');
    expect(await rows('kms_call')).toHaveLength(2);
  });

  test('bring counts in, whole doubles too, and pass over what is not Keytide’s', async () => {
    for (const [seq, valueType] of [
      [1, ValueType.INT],
      [2, ValueType.DOUBLE],
    ] as const) {
      const attributes = messages(seq);
      const sums = await sumsOf(keytide, { name: 'keytide.messages', n: 5, attributes, valueType });
      expect(await send(new Metrics(config('metrics')), sums)).toEqual({ code: 0 });
    }
    const foreign = await sumsOf(
      { 'service.name': 'shop' },
      { name: 'http.requests', n: 5, attributes: {} },
    );
    expect(await send(new Metrics(config('metrics')), foreign)).toEqual({ code: 0 });
    expect(warnings).toEqual([]);
    expect(server.seen).toMatchObject([seenAs(200), seenAs(200), seenAs(200)]);
    const counted = await store.query('SELECT seq::int, n::int FROM operation_count ORDER BY seq');
    expect(counted).toEqual([
      { seq: 1, n: 5 },
      { seq: 2, n: 5 },
    ]);
  });

  test('are told to send deltas', async () => {
    const attributes = messages(1);
    const temporality = AggregationTemporality.CUMULATIVE;
    const sums = await sumsOf(keytide, { name: 'keytide.messages', n: 5, attributes, temporality });
    expect(await send(new Metrics(config('metrics')), sums)).toEqual({ code: 0 });
    expect(warnings[0]).toMatch(/"rejectedDataPoints":"?1"?.*delta temporality/);
    expect(await rows('operation_count')).toEqual([]);
  });

  test('fail with a wrong token', async () => {
    const exporter = new Traces(config('traces', 'Bearer wrong'));
    const result = await send(exporter, await spansOf(keytide, [fullCall]));
    expect(result).toMatchObject({ code: 1, error: expect.objectContaining({ code: 401 }) });
    expect(server.seen).toMatchObject([seenAs(401)]);
  });
});

describe('one batch sent by every exporter', () => {
  /** What the store holds after each of them, cleared before each or not. */
  const dumps = async (clear: boolean) => {
    const spans = await spansOf(keytide, [fullCall]);
    const sums = await sumsOf(keytide, { name: 'keytide.messages', n: 5, attributes: messages(1) });
    const found = [];
    for (const { compression, Traces, Metrics } of forms) {
      if (clear) await store.clear();
      vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression);
      await send(new Traces(config('traces')), spans);
      await send(new Metrics(config('metrics')), sums);
      found.push(await store.dump());
    }
    return found;
  };

  test.each([
    ['counts once', false],
    ['gives the same rows whichever it came by, to the last digit', true],
  ])('%s', async (_name, clear) => {
    const [first, ...others] = await dumps(clear);
    expect(first?.kms_call).toHaveLength(1);
    expect(first?.kms_attempt).toHaveLength(2);
    expect(first?.operation_count).toHaveLength(1);
    expect(others).toEqual([first, first, first]);
  });
});

describe('a fault', () => {
  const protobuf = { 'content-type': 'application/x-protobuf' };
  const engine = { process: 'engine-1', boot: 'boot0001', startedAt: at, policy: presets.hourly };
  const request = tracesJson(engine, [fullCall]);
  const body = toProtobuf(tracesRequest, request);

  test('is told to a sender of protobuf as google.rpc.Status, by either name of the type', async () => {
    for (const type of ['application/x-protobuf', 'application/protobuf; charset=x']) {
      const headers = { 'content-type': type };
      const unauthorized = await post('traces', body, { ...headers, authorization: 'Bearer no' });
      expect([unauthorized.status, unauthorized.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer',
      ]);
      expect(await statusOf(unauthorized)).toMatchObject({ code: 16 });
      const broken = await post('traces', body.subarray(1), headers);
      expect(broken.status).toBe(400);
      expect(await statusOf(broken)).toMatchObject({
        code: 3,
        message: expect.stringContaining('in protobuf'),
      });
      const elsewhere = await post('metrics', body, headers);
      expect([elsewhere.status, (await statusOf(elsewhere)).code]).toEqual([400, 3]);
    }
    expect(await rows('kms_call')).toEqual([]);
  });

  test('of size or encoding names itself: a gzip bomb is 413', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 25));
    const gzip = { ...protobuf, 'content-encoding': 'gzip' };
    const large = await post('traces', bomb, gzip);
    expect([large.status, (await statusOf(large)).code]).toEqual([413, 8]);
    const broken = await post('traces', bomb.subarray(0, 1000), gzip);
    expect([broken.status, (await statusOf(broken)).code]).toEqual([400, 3]);
    const brotli = await post('traces', body, { ...protobuf, 'content-encoding': 'br' });
    expect([brotli.status, (await statusOf(brotli)).code]).toEqual([415, 3]);
  });

  test('of the content type is told in JSON, as JSON senders are told theirs', async () => {
    for (const type of ['text/plain', 'application/grpc', '']) {
      const answer = await post('traces', body, { 'content-type': type });
      expect(answer.status).toBe(415);
      expect((await answer.json()).error.message).toContain('application/x-protobuf');
    }
    const json = await post('traces', '{', { 'content-type': 'application/json' });
    expect([json.status, (await json.json()).error.code]).toEqual([400, 'bad-request']);
  });

  // Last: the store does not come back.
  test('of the database is 503 with Retry-After, by which a sender keeps its batch', async () => {
    await store.close();
    for (const repeat of [1, 2]) {
      const answer = await post('traces', body, protobuf);
      expect([repeat, answer.status, answer.headers.get('retry-after')]).toEqual([
        repeat,
        503,
        '2',
      ]);
      expect(await statusOf(answer)).toMatchObject({
        code: 14,
        message: expect.stringContaining('again'),
      });
    }
    const asJson = { 'content-type': 'application/json' };
    const json = await post('traces', JSON.stringify(request), asJson);
    expect([json.status, json.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await json.json()).error.code).toBe('unavailable');
  });
});
