import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine, type EngineOptions, presets } from '@keytide/crypto-core';
import { localProvider } from '@keytide/crypto-core/providers/local';
import { otlpSender } from '@keytide/crypto-core/telemetry/otlp';
import { started } from './public-engine.ts';

const body = Buffer.from('a body');
/** A value of any type, as a host without types may pass. */
const anything = (value: unknown) => value as never;
const isMisuse = (error: unknown) => error instanceof TypeError || error instanceof RangeError;

test('an engine is not made of parts that are none, and the error names the part', () => {
  const wrong: [name: RegExp, Partial<Record<keyof EngineOptions, unknown>>][] = [
    [/keyFor/, { keyFor: 'arn' }],
    [/process/, { process: 'a process' }],
    [/process/, { process: '' }],
    [/provider/, { provider: {} }],
    [/directory/, { directory: {} }],
    [/directory/, { directory: undefined }],
    [/policy/, { policy: 'weekly' }],
    [/ttl/, { policy: { ttl: 5 } }],
    [/ttlMs/, { policy: { ttlMs: 0 } }],
    [/ttlMs/, { policy: { ttlMs: '1h' } }],
    [/capacity/, { policy: { capacity: 1.5 } }],
    [/polcy/, { polcy: 'hourly' } as object],
    [/telemetry/, { telemetry: [{}] }],
  ];
  for (const [name, given] of wrong)
    assert.throws(
      () => started(anything(given)),
      (error) => isMisuse(error) && name.test((error as Error).message),
      JSON.stringify(given),
    );
  assert.throws(() => createEngine(anything(undefined)), TypeError);
});

test('what is no body, envelope, workspace, context or signal is refused before the KMS is asked', async () => {
  const { engine, kms } = started();
  const wrong: Promise<unknown>[] = [
    engine.encrypt(anything('text'), { workspace: 'w' }),
    engine.encrypt(anything(undefined), { workspace: 'w' }),
    engine.decrypt(anything([1, 2]), { workspace: 'w' }),
    engine.decryptMany(anything(body), { workspace: 'w' }),
    engine.encrypt(body, anything(undefined)),
    engine.encrypt(body, anything({})),
    engine.encrypt(body, { workspace: '' }),
    engine.encrypt(body, { workspace: anything(7) }),
    engine.encrypt(body, { workspace: '\ud800' }),
    engine.encrypt(body, { workspace: 'w'.repeat(257) }),
    engine.encrypt(body, { workspace: 'w', context: anything(['row']) }),
    engine.encrypt(body, { workspace: 'w', context: { row: anything(7) } }),
    engine.encrypt(body, { workspace: 'w', signal: anything({ aborted: false }) }),
    engine.encrypt(body, anything({ workspace: 'w', contxt: { row: '7' } })),
    engine.encrypt(body, { workspace: 'a name\nof two lines' }),
    engine.message({ workspace: 'w', tag: 'x'.repeat(257) }, async () => {}),
    engine.validate(anything(undefined)),
  ];
  for (const work of wrong) await assert.rejects(work, isMisuse);
  assert.throws(() => engine.sealStream(anything({})), isMisuse);
  assert.throws(() => engine.bind(anything({ workspace: 'w', contxt: {} })), isMisuse);
  assert.throws(() => engine.sealStream({ workspace: 'w' }, { frameBytes: 1 }), isMisuse);
  assert.deepEqual(kms.asked, []);
  await engine.close();
});

test('the other entries refuse misuse too', () => {
  assert.throws(() => localProvider({ secret: Buffer.alloc(31) }), RangeError);
  assert.throws(() => otlpSender({ url: 'ftp://127.0.0.1' }), TypeError);
});

test('the presets are a DEK a day and a DEK an hour, each re-validated every hour', () => {
  const { daily, hourly } = presets;
  assert.deepEqual([daily.ttlMs, daily.dekRotationMs], [3_600_000, 86_400_000]);
  assert.deepEqual([hourly.ttlMs, hourly.dekRotationMs], [3_600_000, 3_600_000]);
});
