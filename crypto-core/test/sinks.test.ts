/** An error in a telemetry sink never affects the KMS call that it is told of. */
import { Registry } from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import type { KmsCall, TelemetrySink } from '../src/index.ts';
import { otlpSender } from '../src/telemetry/otlp.ts';
import { registerMetrics } from '../src/telemetry/prometheus.ts';
import { FakeKms, harness, ListeningSink } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

const quiet: TelemetrySink = { attach: () => {}, call: () => {}, close: async () => {} };
const boom = () => {
  throw new Error('boom');
};

describe('a telemetry sink that', () => {
  test.each([
    ['throws', { ...quiet, call: boom }],
    // A host without types may pass an async function.
    ['rejects', { ...quiet, call: (async () => boom()) as () => void }],
    [
      'changes what it is given',
      {
        ...quiet,
        call: (call: KmsCall) => {
          call.attempts.length = 0;
          call.outcome = 'outage';
        },
      },
    ],
  ])('%s fails no KMS call, hides none from the others, and is counted', async (_, bad) => {
    const after = new ListeningSink();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { engine } = harness({ telemetry: [bad, after] });
    const envelope = await engine.encrypt(plaintext, { workspace });
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(after.last()).toMatchObject({ outcome: 'ok', attempts: [{ outcome: 'ok' }] });
    expect(engine.totals().sinkFaults).toBe(1);
  });

  test('throws or never ends when it is closed leaves the others and the provider closed', async () => {
    const kms = new FakeKms();
    const last = new ListeningSink();
    const { engine, runtime } = harness({
      kms,
      telemetry: [
        { ...quiet, close: boom },
        { ...quiet, close: () => new Promise(() => {}) },
        last,
      ],
    });
    const closing = engine.close();
    await new Promise(setImmediate);
    expect(last.closed).toBe(1);
    runtime.timeOut();
    await closing;
    expect(kms.closed).toBe(1);
    expect(engine.totals().sinkFaults).toBe(2);
  });

  test('is told of in the metrics, also after its engine was closed', async () => {
    const registry = new Registry();
    const { engine } = harness({
      telemetry: [registerMetrics(registry), { ...quiet, call: boom }],
    });
    await engine.encrypt(plaintext, { workspace });
    const line = /^keytide_telemetry_sink_errors_total 1$/m;
    expect(await registry.metrics()).toMatch(line);
    await engine.close();
    expect(await registry.metrics()).toMatch(line);
  });
});

test('a provider that throws at its end closes the engine all the same', async () => {
  const kms = new FakeKms();
  const provider = {
    name: 'bad',
    wrap: kms.wrap.bind(kms),
    unwrap: kms.unwrap.bind(kms),
    close: boom,
  };
  const { engine, sink } = harness({ provider });
  await engine.close();
  expect(sink.closed).toBe(1);
});

test('a provider’s answer that is none is an outage', async () => {
  const answers = [undefined, null, {}, { bytes: 'text' }, 7];
  for (const answer of answers) {
    const wrap = (async () => answer) as unknown as FakeKms['wrap'];
    const { engine, sink } = harness({
      provider: { name: 'odd', wrap, unwrap: wrap },
      policy: { attemptsMax: 1 },
    });
    await expect(engine.encrypt(plaintext, { workspace })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(sink.last().attempts).toMatchObject([{ reason: 'MalformedAnswer', sent: true }]);
  }
});

test('what the host does with a sender’s messages does not end the sending', async () => {
  const sender = otlpSender({ url: 'http://127.0.0.1:9', flushEveryMs: 0, onError: boom });
  const { engine } = harness({ telemetry: [sender] });
  await engine.encrypt(plaintext, { workspace });
  await sender.flush();
  await sender.flush();
  await engine.close();
  expect(engine.totals().sinkFaults).toBe(0);
});
