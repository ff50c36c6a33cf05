import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../lib/domain/app-error.ts';
import { metricsMessages, traceMessages } from '../../lib/ingest/otlp-protobuf.ts';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';
import {
  fromProtobuf,
  loadDefinitions,
  metricsRequest,
  toProtobuf,
  tracesRequest,
} from '../support/otlp-proto.ts';

const at = Date.UTC(2026, 10, 23, 12, 0, 0, 7);
const wire = (value: object): unknown => JSON.parse(JSON.stringify(value));

test('the definitions that run are those of the .proto files (vitest -u writes them anew)', async () => {
  const json = `${JSON.stringify(loadDefinitions().toJSON(), null, 2)}\n`;
  await expect(json).toMatchFileSnapshot('../../lib/ingest/generated/otlp.json');
});

/** Any value of a message, each field there or not, as protobufjs takes it. */
function anyMessage(type: protobuf.Type, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of type.fieldsArray) {
    const nested = field.resolvedType instanceof protobuf.Type;
    if (nested && depth > 7) continue;
    const one = anyValue(field, depth);
    fields[field.name] = field.repeated
      ? fc.array(one, { maxLength: nested ? 2 : 5, minLength: 1 })
      : one;
  }
  const oneofs = type.oneofsArray.filter(({ oneof }) => oneof.length > 1);
  return fc.tuple(fc.record(fields, { requiredKeys: [] }), fc.nat()).map(([message, choice]) => {
    for (const { oneof } of oneofs) {
      const given = oneof.filter((name) => name in message);
      for (const name of given) if (name !== given[choice % given.length]) delete message[name];
    }
    return message;
  });
}

const long = (of: fc.Arbitrary<bigint>) => of.map(String);
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const scalars: Record<string, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  double: fc.double(),
  sint32: fc.integer(),
  uint32: fc.nat({ max: 2 ** 32 - 1 }),
  int64: long(signed),
  sfixed64: long(signed),
  uint64: long(unsigned),
  fixed64: long(unsigned),
  string: fc.string({ unit: 'binary', maxLength: 20 }),
  bytes: fc.uint8Array({ maxLength: 20 }),
};

function anyValue(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const { resolvedType } = field.resolve();
  if (resolvedType instanceof protobuf.Enum)
    return fc.constantFrom(...Object.values(resolvedType.values));
  if (resolvedType instanceof protobuf.Type)
    return fc.constant(resolvedType).chain((type) => anyMessage(type, depth + 1));
  const scalar = scalars[field.type];
  if (scalar === undefined) throw new Error(`no arbitrary for ${field.type}`);
  return scalar;
}

const signals = [
  { name: 'traces', type: tracesRequest, messages: traceMessages, parse: parseTraces },
  { name: 'metrics', type: metricsRequest, messages: metricsMessages, parse: parseMetrics },
];

describe.each(signals)('a protobuf request of $name', ({ type, messages, parse }) => {
  const encode = (message: object) => type.encode(type.fromObject(message)).finish();

  test('is read as protobufjs reads it, every field of every message', () => {
    fc.assert(
      fc.property(anyMessage(type), (message) => {
        const bytes = encode(message);
        const expected = {
          ...(messages.decode(new Uint8Array()) as object),
          ...fromProtobuf(type, bytes),
        };
        expect(messages.decode(bytes)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('that is random, cut short or damaged gives a batch or an AppError, never anything else', () => {
    const read = (bytes: Uint8Array) => {
      try {
        expect(parse(messages.decode(bytes)).rejected).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect(['bad-request', 'too-large']).toContain((error as AppError).code);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), read), { numRuns: 500 });
    const damaged = fc
      .record({ message: anyMessage(type), cut: fc.nat(), at: fc.nat(), by: fc.nat({ max: 255 }) })
      .map(({ message, cut, at: place, by }) => {
        const bytes = new Uint8Array(encode(message));
        if (bytes.length > 0) bytes[place % bytes.length] = by;
        return bytes.subarray(0, bytes.length - (cut % (bytes.length + 1)));
      });
    fc.assert(fc.property(damaged, read), { numRuns: 300 });
  });

  test('that is empty is whole and holds nothing', () => {
    expect(parse(messages.decode(new Uint8Array()))).toMatchObject({ rejected: 0, boots: [] });
  });
});

const attribute = (key: string, value: object) => ({ key, value });
const text = (value: string) => ({ stringValue: value });
const whole = (value: number | bigint | string) => ({ intValue: String(value) });

const resource = fc.constantFrom(
  {
    attributes: [
      attribute('keytide.process', text('p-1')),
      attribute('keytide.boot', text('boot0001')),
    ],
  },
  {
    attributes: [
      attribute('keytide.process', text('p 1')),
      attribute('keytide.boot', text('boot0001')),
    ],
  },
  { attributes: [attribute('service.name', text('shop'))] },
  {},
);
const nanos = fc
  .oneof(
    fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: 16n * 10n ** 17n, max: 18n * 10n ** 17n }),
  )
  .map(String);
const id = (bytes: number) =>
  fc
    .oneof(
      { weight: 9, arbitrary: fc.uint8Array({ minLength: bytes, maxLength: bytes }) },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 20 }) },
    )
    .map((id) => Buffer.from(id).toString('hex'));
const words = fc.string({ unit: 'binary', maxLength: 8 });
const anyAttributes = fc.array(
  fc.record({
    key: fc.oneof(
      words,
      fc.constantFrom('keytide.seq', 'keytide.tag', 'keytide.attempt', 'keytide.sent'),
    ),
    value: fc.oneof(
      words.map(text),
      signed.map(whole),
      fc.boolean().map((boolValue) => ({ boolValue })),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((doubleValue) => ({ doubleValue })),
      fc.array(words.map(text), { maxLength: 2 }).map((values) => ({ arrayValue: { values } })),
      fc.constant({}),
    ),
  }),
  { maxLength: 4 },
);
const count = fc.nat({ max: 100 });
const callAttributes = fc
  .record({
    seq: count,
    process: words,
    cause: words,
    tag: words,
    forgotten: fc.boolean(),
    n: count,
  })
  .map(({ seq, cause, tag, forgotten, n }) => [
    attribute('keytide.seq', whole(seq)),
    attribute('keytide.at', whole(at + seq)),
    attribute('keytide.workspace', text('legal')),
    attribute('keytide.key', text('k')),
    attribute('keytide.cause', text(cause)),
    attribute('keytide.outcome', text('ok')),
    attribute('keytide.path', text('decrypt')),
    attribute('keytide.dek.id', text('d1')),
    attribute('keytide.generation', whole(n)),
    attribute('keytide.coalesced', whole(n)),
    attribute('keytide.attempts', whole(1)),
    attribute('keytide.tag', text(tag)),
    attribute('keytide.forgotten', { boolValue: forgotten }),
    attribute('rpc.method', text('Decrypt')),
  ]);
const attributes = fc
  .tuple(fc.option(callAttributes, { nil: [] }), anyAttributes)
  .map(([own, others]) => [...own, ...others]);

const spans = fc.record({
  traceId: id(16),
  spanId: id(8),
  name: words,
  kind: fc.nat({ max: 5 }),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
});
const points = fc
  .record({
    startTimeUnixNano: nanos,
    timeUnixNano: nanos,
    attributes: fc
      .tuple(count, attributes)
      .map(([seq, others]) => [
        attribute('keytide.rollup.seq', whole(seq)),
        attribute('keytide.scope', text('message')),
        ...others,
      ]),
    value: fc.oneof(signed, fc.bigInt({ min: 0n, max: 1000n })).map((n) => ({ asInt: String(n) })),
  })
  .map(({ value, ...point }) => ({ ...point, ...value }));
const names = ['messages', 'operations', 'dek.uses', 'dek.bytes', 'telemetry.dropped', 'later'];
const sums = fc.record({
  name: fc.oneof(
    fc.constantFrom(...names).map((name) => `keytide.${name}`),
    words,
  ),
  sum: fc.record({
    aggregationTemporality: fc.constantFrom(1, 1, 1, 2),
    dataPoints: fc.array(points, { maxLength: 4 }),
  }),
});
const grouped = (groups: string, scopes: string, item: string, of: fc.Arbitrary<object>) =>
  fc
    .array(
      fc.record({
        resource,
        [scopes]: fc.array(fc.record({ [item]: fc.array(of, { maxLength: 4 }) }), { maxLength: 2 }),
      }),
      { maxLength: 3 },
    )
    .map((list) => ({ [groups]: list }));

describe('what comes in', () => {
  test('as protobuf gives the same batch as the same spans in JSON', () => {
    let calls = 0;
    fc.assert(
      fc.property(grouped('resourceSpans', 'scopeSpans', 'spans', spans), (request) => {
        const batch = parseTraces(wire(request));
        calls += batch.calls.length;
        expect(parseTraces(traceMessages.decode(toProtobuf(tracesRequest, request)))).toEqual(
          batch,
        );
      }),
      { numRuns: 500 },
    );
    expect(calls).toBeGreaterThan(0);
  });

  test('as protobuf gives the same batch as the same data points in JSON', () => {
    let operations = 0;
    fc.assert(
      fc.property(grouped('resourceMetrics', 'scopeMetrics', 'metrics', sums), (request) => {
        const batch = parseMetrics(wire(request));
        operations += batch.operations.length;
        const decoded = metricsMessages.decode(toProtobuf(metricsRequest, request));
        expect(parseMetrics(decoded)).toEqual(batch);
      }),
      { numRuns: 500 },
    );
    expect(operations).toBeGreaterThan(0);
  });
});
