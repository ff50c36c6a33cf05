import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { otlpSender } from '../src/telemetry/otlp.ts';
import { Receiver, resourceOf } from './otlp-receiver.ts';
import { codeOf, dekIdOf, harness, hourMs, keyUri, minuteMs, startAt } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');
const nanos = (ms: number) => `${ms}000000`;

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.stop());

/** The attribute names in backticks in the first column of the tables in docs/telemetry.md. */
function documented(heading: string): Set<string> {
  const text = readFileSync(new URL('../docs/telemetry.md', import.meta.url), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return new Set(
    rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')),
  );
}

async function sent() {
  const sender = otlpSender({ url: `${receiver.url}/`, token: 'ingest-me', flushEveryMs: 0 });
  const made = harness({ telemetry: [sender] });
  const { engine, kms, runtime } = made;
  const envelope = await engine.message({ workspace, tag: 'chat-9' }, (scope) =>
    scope.encrypt(plaintext),
  );
  runtime.advance(hourMs);
  kms.next('Decrypt', 'outage');
  await engine.decrypt(envelope, { workspace });
  kms.next('Encrypt', 'denied');
  await engine.validate(workspace);
  await sender.flush();
  return { ...made, sender, envelope };
}

describe('what the OTLP sender sends', () => {
  test('goes to /v1/traces and /v1/metrics as JSON with the bearer token', async () => {
    await sent();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/v1/traces', '/v1/metrics']);
    for (const { headers } of receiver.received) {
      expect(headers['content-type']).toBe('application/json');
      expect(headers.authorization).toBe('Bearer ingest-me');
    }
  });

  test('names process and boot as resource', async () => {
    const { engine } = await sent();
    for (const { body } of receiver.received) {
      expect(resourceOf(body)).toEqual({
        'service.name': 'keytide',
        'service.instance.id': 'api-1',
        'keytide.process': 'api-1',
        'keytide.boot': engine.boot,
        'keytide.started_at': engine.startedAt,
        'keytide.ttl_ms': engine.policy.ttlMs,
        'keytide.dek_rotation_ms': engine.policy.dekRotationMs,
        'keytide.telemetry.complete': true,
      });
    }
  });

  // Long: one scene told in order.
  test('has one span a call and one child an attempt, at the engine’s own instants', async () => {
    const { envelope, runtime } = await sent();
    expect(receiver.spans.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'keytide.kms_call 1',
      'KMS.Encrypt 3',
      'keytide.kms_call 1',
      'KMS.Decrypt 3',
      'KMS.Decrypt 3',
      'keytide.kms_call 1',
      'KMS.Encrypt 3',
    ]);
    const [first, , call, failed, succeeded] = receiver.spans;
    expect(first).toMatchObject({
      startTimeUnixNano: nanos(startAt),
      attributes: { 'keytide.tag': 'chat-9', 'keytide.cause': 'dek.first', 'keytide.seq': 1 },
    });
    const at = startAt + hourMs;
    const common = {
      'keytide.seq': 2,
      'keytide.at': at,
      'keytide.workspace': workspace,
      'keytide.key': keyUri,
      'keytide.cause': 'load.expired',
      'rpc.system.name': 'fake',
      'rpc.method': 'Decrypt',
    };
    expect(call).toMatchObject({
      startTimeUnixNano: nanos(at),
      endTimeUnixNano: nanos(runtime.now()),
      attributes: {
        ...common,
        'keytide.outcome': 'ok',
        'keytide.path': 'decrypt',
        'keytide.dek.id': dekIdOf(envelope),
        'keytide.dek.age_ms': hourMs,
        'keytide.edek.fingerprint': expect.stringMatching(/^[0-9a-f]{16}$/),
        'keytide.generation': 1,
        'keytide.root_seq': 1,
        'keytide.parent_seq': 1,
        'keytide.coalesced': 0,
        'keytide.idle_ms': 0,
        'keytide.lease_ends_at': at + 50 + hourMs,
        'keytide.attempts': 2,
      },
    });
    expect(call).not.toHaveProperty('status');
    const child = { traceId: call?.traceId, parentSpanId: call?.spanId };
    expect(failed).toMatchObject({ ...child, startTimeUnixNano: nanos(at), status: { code: 2 } });
    expect(failed?.attributes).toEqual({
      ...common,
      'keytide.outcome': 'outage',
      'keytide.attempt': 1,
      'keytide.sent': true,
      'aws.request_id': 'request-failed',
      'http.response.status_code': 400,
      'error.type': 'ThrottlingException',
    });
    expect(succeeded).toMatchObject({ ...child, startTimeUnixNano: nanos(at + 50) });
    expect(succeeded?.attributes).toMatchObject({ 'keytide.attempt': 2, 'keytide.outcome': 'ok' });
    const ids = receiver.spans.map(({ spanId }) => spanId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
    for (const { traceId } of receiver.spans) expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('has minute-aligned delta sums with the number of their roll-up', async () => {
    const { envelope } = await sent();
    const later = startAt + hourMs;
    const of = { 'keytide.workspace': workspace, 'keytide.key': keyUri };
    const dek = { 'keytide.workspace': workspace, 'keytide.dek.id': dekIdOf(envelope) };
    const point = (metric: string, minute: number, n: number, attributes: object) => ({
      metric,
      unit: metric === 'keytide.dek.bytes' ? 'By' : '1',
      temporality: 1,
      monotonic: true,
      startTimeUnixNano: nanos(minute),
      timeUnixNano: nanos(minute + minuteMs),
      n,
      attributes: { 'keytide.rollup.seq': 1, ...attributes },
    });
    const operation = (scope: string, path: string) => ({
      ...of,
      'keytide.scope': scope,
      'keytide.path': path,
      'keytide.outcome': 'miss',
    });
    expect(receiver.points).toEqual([
      point('keytide.messages', startAt, 1, of),
      point('keytide.operations', startAt, 1, operation('message', 'encrypt')),
      point('keytide.operations', later, 1, operation('outside', 'decrypt')),
      point('keytide.dek.uses', startAt, 1, dek),
      point('keytide.dek.uses', later, 1, dek),
      point('keytide.dek.bytes', startAt, 4, dek),
      point('keytide.dek.bytes', later, 4, dek),
      point('keytide.telemetry.rollups', later - minuteMs, 1, {
        'keytide.seq': 3,
        'keytide.last': false,
      }),
    ]);
  });

  test('has no attribute and no metric that docs/telemetry.md does not list', async () => {
    const { engine, kms, sender } = await sent();
    kms.always('Encrypt', 'outage');
    await codeOf(engine.encrypt(plaintext, { workspace: 'beta' }));
    await sender.flush();
    const traces = documented('Traces');
    const metrics = documented('Metrics');
    for (const { attributes } of receiver.spans) {
      for (const name of Object.keys(attributes)) expect(traces).toContain(name);
    }
    for (const { metric, attributes } of receiver.points) {
      expect(metrics).toContain(metric);
      for (const name of Object.keys(attributes)) {
        if (name !== 'keytide.rollup.seq') expect(metrics).toContain(name);
      }
    }
  });
});
