import { describe, expect, test } from 'vitest';
import { type OtelTracer, otelSink } from '../src/telemetry/otel.ts';
import { coldPeer, FakeKms, harness, hourMs, secondMs, startAt } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');
type Options = Parameters<OtelTracer['startSpan']>[1];

interface Seen {
  name: string;
  options: Options;
  parent: string | undefined;
  spanId: string;
  status?: { code: number; message?: string };
  endedAt?: [number, number] | undefined;
}

/** A tracer that finds the parent span as OpenTelemetry's own does. */
function tracer() {
  const seen: Seen[] = [];
  const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');
  const it: OtelTracer = {
    startSpan: (name, options, context) => {
      const parent = context?.getValue(spanKey) as
        | { spanContext(): { spanId: string } }
        | undefined;
      const span: Seen = {
        name,
        options,
        parent: options.root ? undefined : parent?.spanContext().spanId,
        spanId: `span-${seen.length}`,
      };
      seen.push(span);
      return {
        spanContext: () => ({ traceId: 'trace', spanId: span.spanId, traceFlags: 1 }),
        setStatus: (status) => {
          span.status = status;
        },
        end: (at) => {
          span.endedAt = at;
        },
      };
    },
  };
  return { it, seen };
}

const inMs = ([seconds, nanos]: [number, number] = [0, 0]) => seconds * 1000 + nanos / 1e6;

describe('the copy of spans on the host’s tracer', () => {
  test('has a root span a call and a child an attempt, at the engine’s own instants', async () => {
    const { it, seen } = tracer();
    const kms = new FakeKms();
    const { engine, runtime } = harness({ kms, telemetry: [otelSink(it)] });
    kms.next('Encrypt', 'outage');
    runtime.advance(secondMs / 4);
    await engine.encrypt(plaintext, { workspace });
    const [call, first, second] = seen;
    expect(seen.map(({ name }) => name)).toEqual([
      'keytide.kms_call',
      'KMS.Encrypt',
      'KMS.Encrypt',
    ]);
    expect(call).toMatchObject({ parent: undefined, options: { kind: 0, root: true } });
    expect([first?.parent, second?.parent]).toEqual([call?.spanId, call?.spanId]);
    expect(inMs(call?.options.startTime)).toBe(startAt + secondMs / 4);
    expect(inMs(second?.options.startTime)).toBe(runtime.now());
    expect(inMs(call?.endedAt)).toBe(runtime.now());
    expect(first?.status).toEqual({ code: 2, message: 'outage' });
    expect(second?.status).toBeUndefined();
    expect(call?.options.attributes).toMatchObject({
      'keytide.cause': 'dek.first',
      'keytide.attempts': 2,
    });
    expect(Object.values(call?.options.attributes ?? {})).not.toContain(undefined);
    expect(second?.options).toMatchObject({ kind: 2, attributes: { 'keytide.attempt': 2 } });
  });

  test('links a load to the one it continues, and to nothing else', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { it, seen } = tracer();
    const { engine, runtime } = coldPeer(writer, { telemetry: [otelSink(it)] });
    for (const waitMs of [0, hourMs, 3 * hourMs]) {
      runtime.advance(waitMs);
      await engine.decrypt(envelope, { workspace });
    }
    const calls = seen.filter(({ name }) => name === 'keytide.kms_call');
    expect(calls.map(({ options }) => options.links?.map(({ context }) => context.spanId))).toEqual(
      [undefined, [calls[0]?.spanId], undefined],
    );
  });

  test('serves one engine', () => {
    const sink = otelSink(tracer().it);
    harness({ telemetry: [sink] });
    expect(() => harness({ telemetry: [sink] })).toThrow(TypeError);
  });
});
