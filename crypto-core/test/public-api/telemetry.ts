import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type KmsCall, KmsFault } from '@keytide/crypto-core';
import { type OtelTracer, otelSink } from '@keytide/crypto-core/telemetry/otel';
import { otlpSender } from '@keytide/crypto-core/telemetry/otlp';
import { registerMetrics } from '@keytide/crypto-core/telemetry/prometheus';
import { Registry } from 'prom-client';
import { codeOf, Listener, started } from './public-engine.ts';

const binding = { workspace: 'acme' };
const body = Buffer.from('a secret body');

test('every sink hears every KMS call, whole, and no key, body or context', async () => {
  const [one, other] = [new Listener(), new Listener()];
  const { engine, kms } = started({ telemetry: [one, other] });
  const bound = { ...binding, context: { row: 'a secret row' } };
  await engine.encrypt(body, bound);
  kms.fault = new KmsFault('outage', 'Throttled', { sent: true, httpStatus: 429 });
  await codeOf(engine.encrypt(body, { workspace: 'beta' }));
  assert.deepEqual(one.calls, other.calls);
  const [good, failed] = one.calls as [KmsCall, KmsCall];
  assert.deepEqual(
    [good.seq, good.cause, good.outcome, good.attempts.length],
    [1, 'dek.first', 'ok', 1],
  );
  assert.deepEqual([failed.seq, failed.outcome, failed.attempts.length], [2, 'outage', 2]);
  assert.deepEqual(
    failed.attempts.map(({ reason, httpStatus }) => [reason, httpStatus]),
    [
      ['Throttled', 429],
      ['Throttled', 429],
    ],
  );
  assert.doesNotMatch(JSON.stringify(one.calls), /secret/);
  await engine.close();
});

test('counts are given exactly once: lookups by how they ended, DEKs by their use', async () => {
  const { engine } = started();
  const envelope = await engine.encrypt(body, binding);
  await engine.decrypt(envelope, binding);
  const counted = (engine.takeRollUp()?.operations ?? []).map(
    ({ path, outcome, n }) => [path, outcome, n] as const,
  );
  assert.deepEqual(counted.sort(), [
    ['decrypt', 'hit', 1],
    ['encrypt', 'miss', 1],
  ]);
  assert.equal(engine.takeRollUp(), undefined);
  assert.equal(engine.totals().entries, 1);
  await engine.close();
});

test('metrics are on the host’s own registry', async () => {
  const registry = new Registry();
  const { engine } = started({ telemetry: [registerMetrics(registry)] });
  await engine.decrypt(await engine.encrypt(body, binding), binding);
  const text = await registry.metrics();
  assert.match(text, /^keytide_operations_total\{op="encrypt",outcome="miss"\} 1$/m);
  assert.match(text, /^keytide_operations_total\{op="decrypt",outcome="hit"\} 1$/m);
  assert.match(text, /^keytide_kms_calls_total\{.*operation="Encrypt".*\} 1$/m);
  assert.match(text, /^keytide_dek_cache_entries 1$/m);
  await engine.close();
});

test('the OTLP sender delivers calls and counts, with its token, by close at the latest', async () => {
  const received: { url: string; token: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { url = '', headers } = request;
    received.push({ url, token: headers.authorization ?? '', body: text });
    response.writeHead(200, { connection: 'close' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP, so its address is not the name of a pipe.
  const { port } = server.address() as AddressInfo;
  const sender = otlpSender({ url: `http://127.0.0.1:${port}`, token: 't0ken', flushEveryMs: 0 });
  const { engine } = started({ telemetry: [sender] });
  await engine.encrypt(body, binding);
  await engine.close();
  server.close();
  assert.deepEqual(received.map(({ url }) => url).sort(), ['/v1/metrics', '/v1/traces']);
  assert.ok(received.every(({ token }) => token === 'Bearer t0ken'));
  assert.match(received.map((one) => one.body).join(), /dek\.first/);
  assert.doesNotMatch(received.map((one) => one.body).join(), /secret body/);
});

test('spans go to a tracer of the host’s own', async () => {
  const names: string[] = [];
  const tracer: OtelTracer = {
    startSpan: (name) => {
      names.push(name);
      const traceId = '0'.repeat(31).concat('1');
      return {
        spanContext: () => ({ traceId, spanId: '0'.repeat(15).concat('1'), traceFlags: 1 }),
        setStatus: () => undefined,
        end: () => undefined,
      };
    },
  };
  const { engine } = started({ telemetry: [otelSink(tracer)] });
  await engine.encrypt(body, binding);
  await engine.close();
  assert.ok(names.length >= 2, names.join());
});
