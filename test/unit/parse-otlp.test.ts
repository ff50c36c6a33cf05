import { describe, expect, test } from 'vitest';
import { presets } from '../../crypto-core/src/policy.ts';
import { traceRequest } from '../../crypto-core/src/telemetry/otlp-json.ts';
import type { KmsCall } from '../../crypto-core/src/telemetry/port.ts';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';
import { boundedId, textBytesMax } from '../../lib/sources/bounded-text.ts';
import { hostileTexts } from '../support/hostile-texts.ts';

const at = Date.UTC(2026, 10, 23, 12, 0, 0, 7);
const origin = { process: 'engine-1', boot: 'boot0001' };
const startedAt = Date.UTC(2026, 10, 23, 6);
const sender = { ...origin, startedAt, policy: presets.hourly };
const key = 'arn:aws:kms:eu-central-1:200000000001:key/k';

const bare: KmsCall = {
  seq: 1,
  at,
  endedAt: at + 12,
  provider: 'aws',
  operation: 'Encrypt',
  workspace: 'legal',
  keyUri: key,
  path: 'encrypt',
  cause: 'dek.first',
  dekId: 'd1',
  dekAgeMs: 0,
  coalesced: 0,
  generation: 0,
  rootSeq: 1,
  outcome: 'outage',
  traceId: 'ab'.repeat(16),
  spanId: '01'.repeat(8),
  attempts: [
    {
      attempt: 1,
      spanId: '02'.repeat(8),
      sentAt: at,
      durationMs: 5,
      sent: false,
      outcome: 'outage',
    },
  ],
};

const full: KmsCall = {
  ...bare,
  seq: 2,
  operation: 'Decrypt',
  path: 'decrypt',
  cause: 'load.expired',
  dekAgeMs: 86_400_000,
  edekFingerprint: '0123456789abcdef',
  coalesced: 3,
  generation: 4,
  rootSeq: 1,
  parentSeq: 1,
  idleMs: 0,
  forgotten: true,
  tag: 'conversation ☂',
  leaseEndsAt: at + 3_600_000,
  outcome: 'ok',
  attempts: [
    {
      attempt: 1,
      spanId: '03'.repeat(8),
      sentAt: at,
      durationMs: 250,
      sent: true,
      outcome: 'outage',
      reason: 'ThrottlingException',
      requestId: 'r-1',
      httpStatus: 400,
    },
    {
      attempt: 2,
      spanId: '04'.repeat(8),
      sentAt: at + 300,
      durationMs: 0,
      sent: true,
      outcome: 'ok',
      requestId: 'r-2',
      httpStatus: 200,
    },
  ],
};

function callOf(call: KmsCall) {
  const { keyUri, dekId, attempts, provider: _, ...rest } = call;
  const absent = {
    edekFingerprint: null,
    parentSeq: null,
    idleMs: null,
    forgotten: false,
    tag: null,
    leaseEndsAt: null,
  };
  return { ...origin, ...absent, ...rest, key: keyUri, dek: dekId, attempts: attempts.length };
}

function attemptsOf(call: KmsCall) {
  const { seq, workspace, keyUri, operation, cause } = call;
  const shared = { ...origin, at: call.at, seq, workspace, key: keyUri, operation, cause };
  return call.attempts.map(({ reason, requestId, httpStatus, ...rest }) => ({
    ...shared,
    ...rest,
    requestId: requestId ?? null,
    status: httpStatus ?? null,
    errorCode: reason ?? null,
  }));
}

const wire = (body: object): unknown => JSON.parse(JSON.stringify(body));

/** The request with what `change` does to one attribute or field of its span. */
function broken(change: (span: { attributes: { key: string; value: object }[] }) => void) {
  const body = structuredClone(traceRequest(sender, [bare, full]));
  const span = body.resourceSpans[0]?.scopeSpans[0]?.spans[0];
  if (span === undefined) throw new Error('no span');
  change(span);
  return wire(body);
}

const set = (name: string, value: object | null) => () =>
  broken((span) => {
    span.attributes = span.attributes.filter((attribute) => attribute.key !== name);
    if (value !== null) span.attributes.push({ key: name, value });
  });
const field = (name: string, value: unknown) => () =>
  broken((span) => {
    Object.assign(span, { [name]: value });
  });

describe('traces', () => {
  test('calls and attempts come back exactly as the engine sent them, optional fields or not', () => {
    const batch = parseTraces(wire(traceRequest(sender, [bare, full])));
    expect(batch.calls).toEqual([bare, full].map(callOf));
    expect(batch.attempts).toEqual([bare, full].flatMap(attemptsOf));
    expect(batch).toMatchObject({ operations: [], deks: [], rejected: 0, reasons: [] });
    const { ttlMs, dekRotationMs } = presets.hourly;
    expect(batch.boots).toEqual([{ ...origin, startedAt, ttlMs, dekRotationMs, tells: true }]);
  });

  test('fractions of a millisecond survive to the microsecond', () => {
    const sentAt = at + 0.625;
    const attempts = [{ ...full.attempts[0], sentAt, durationMs: 4.125 }] as KmsCall['attempts'];
    const [attempt] = parseTraces(wire(traceRequest(sender, [{ ...full, attempts }]))).attempts;
    expect(attempt?.sentAt).toBeCloseTo(sentAt, 2);
    expect(attempt?.durationMs).toBeCloseTo(4.125, 2);
  });

  test('spans and services that are not Keytide’s are passed over and not counted', () => {
    const body = structuredClone(traceRequest(sender, [bare]));
    const foreign = { traceId: 'x', name: 'GET /', attributes: [{ key: 'http.route', value: {} }] };
    body.resourceSpans[0]?.scopeSpans[0]?.spans.push(foreign as never);
    body.resourceSpans.unshift({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [{ scope: { name: 'http' }, spans: [foreign] }],
    } as never);
    const batch = parseTraces(wire(body));
    expect(batch.calls).toEqual([callOf(bare)]);
    expect(batch.rejected).toBe(0);
  });

  test.each([
    ['no workspace', set('keytide.workspace', null), 'keytide.workspace is missing'],
    ['an empty cause', set('keytide.cause', { stringValue: '' }), 'keytide.cause is missing'],
    ['a number for a key', set('keytide.key', { intValue: '7' }), 'keytide.key is no text'],
    ['a negative seq', set('keytide.seq', { intValue: '-1' }), 'keytide.seq is no whole number'],
    [
      'a seq past 2^53',
      set('keytide.seq', { intValue: '9007199254740993' }),
      'keytide.seq is no whole number',
    ],
    [
      'more attempts than the column holds',
      set('keytide.attempts', { intValue: '2147483648' }),
      'keytide.attempts is larger than 2147483647',
    ],
    [
      'a coalesced that is no number',
      set('keytide.coalesced', { doubleValue: 'NaN' }),
      'keytide.coalesced is no whole number',
    ],
    ['no number of its own', set('keytide.seq', null), 'keytide.seq is missing'],
    [
      'half a coalesced',
      set('keytide.coalesced', { doubleValue: 0.5 }),
      'keytide.coalesced is no whole number',
    ],
    [
      'a time of 1970',
      set('keytide.at', { intValue: '7' }),
      'keytide.at is not in the years 2006 to 2099',
    ],
    [
      'a lease of 2200',
      set('keytide.lease_ends_at', { intValue: '7258118400000' }),
      'keytide.lease_ends_at is not in the years 2006 to 2099',
    ],
    ['no operation', set('rpc.method', null), 'rpc.method is missing'],
    ['no count of attempts', set('keytide.attempts', null), 'keytide.attempts is missing'],
    ['a short trace id', field('traceId', 'abc'), 'traceId is not 32 hex digits'],
    ['a span id of other letters', field('spanId', 'z'.repeat(16)), 'spanId is not 16 hex digits'],
    ['no end', field('endTimeUnixNano', undefined), 'endTimeUnixNano is missing'],
    ['an end in words', field('endTimeUnixNano', 'now'), 'endTimeUnixNano is missing'],
    ['attributes that are no array', field('attributes', {}), 'attributes is no array'],
  ])('a call with %s is rejected with the reason, and the others go in', (_name, body, reason) => {
    const batch = parseTraces(body());
    expect(batch).toMatchObject({ rejected: 1, reasons: [reason] });
    expect(batch.calls).toEqual([callOf(full)]);
    expect(batch.attempts).toHaveLength(3);
  });

  test.each(hostileTexts)(
    'a workspace, key or tag of %s is kept, bounded as in the log',
    (_, text) => {
      const call = { ...full, workspace: text, keyUri: text, dekId: text, tag: text };
      const batch = parseTraces(wire(traceRequest(sender, [call])));
      const bounded = boundedId(text, textBytesMax.id);
      expect(batch.rejected).toBe(0);
      expect(batch.calls[0]).toMatchObject({
        workspace: bounded,
        key: bounded,
        dek: bounded,
        tag: bounded,
      });
    },
  );

  test('whole numbers may come as doubles, and doubles as text', () => {
    const batch = parseTraces(set('keytide.coalesced', { doubleValue: '5' })());
    expect(batch.calls.map(({ coalesced }) => coalesced)).toContain(5);
  });

  test('Keytide’s spans whose resource has lost its name are rejected by number, others passed over', () => {
    const body = structuredClone(traceRequest(sender, [bare, full]));
    const [group] = body.resourceSpans;
    if (group) group.resource = { attributes: [] };
    group?.scopeSpans[0]?.spans.push({ name: 'GET /', attributes: [null] } as never);
    const { rejected, reasons, calls } = parseTraces(wire(body));
    expect({ rejected, calls }).toEqual({ rejected: 5, calls: [] });
    expect(reasons).toEqual([
      'the resource lacks keytide.process: something on the way took it off',
    ]);
  });

  test('one broken scope costs that scope', () => {
    const body = structuredClone(traceRequest(sender, [bare]));
    body.resourceSpans[0]?.scopeSpans.unshift({ spans: 'x' } as never);
    expect(parseTraces(wire(body))).toMatchObject({ rejected: 1, calls: [callOf(bare)] });
  });

  test.each([
    ['process', { process: 'no name!', boot: 'boot0001' }],
    ['boot', { process: 'engine-1', boot: 'BOOT' }],
  ])('a sender without a proper %s loses its group and no other', (name, resource) => {
    const bad = traceRequest({ ...sender, ...resource }, [bare, full]);
    const good = traceRequest(sender, [full]);
    const batch = parseTraces(
      wire({ resourceSpans: [...bad.resourceSpans, ...good.resourceSpans] }),
    );
    expect(batch.calls).toEqual([callOf(full)]);
    expect(batch.rejected).toBe(5);
    expect(batch.reasons[0]).toContain(`keytide.${name}`);
  });

  test('each reason is given once and at most ten of them, but all are counted', () => {
    const spans = Array.from({ length: 40 }, (_, number) => ({
      attributes: [{ key: 'keytide.seq', value: { intValue: `-${number % 2}.5` } }],
    }));
    const groups = Array.from({ length: 20 }, (_, number) => ({
      ...traceRequest({ ...sender, process: `p ${number}`, boot: 'x' }, []).resourceSpans[0],
    }));
    const [head] = traceRequest(sender, []).resourceSpans;
    const body = { resourceSpans: [{ ...head, scopeSpans: [{ spans }] }, ...groups] };
    const { rejected, reasons } = parseTraces(wire(body));
    expect(rejected).toBe(60);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons.length).toBeLessThanOrEqual(10);
  });

  test('an empty object is an empty request, as proto3 writes one', () => {
    expect(parseTraces({})).toMatchObject({ rejected: 0, calls: [] });
    expect(parseMetrics({ resourceMetrics: null })).toMatchObject({ rejected: 0, operations: [] });
  });

  test.each([null, 7, 'x', [], { resourceSpans: {} }, { resourceMetrics: [] }])(
    'what is no trace request (%j) is a bad request',
    (body) => {
      expect(() => parseTraces(body)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    },
  );

  test.each([
    { resourceSpans: [7] },
    { resourceSpans: [{ scopeSpans: 7 }] },
    { resourceSpans: [{ scopeSpans: [{ spans: 'x' }] }] },
  ])('a broken inside (%j) is rejected and counted, never thrown', (body) => {
    expect(parseTraces(body)).toMatchObject({ rejected: 1, calls: [], attempts: [] });
  });
});
