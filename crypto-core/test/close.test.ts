import { describe, expect, test } from 'vitest';
import { createEngine, type EngineOptions, memoryDirectory } from '../src/index.ts';
import { codeOf, coldPeer, harness, outcomes } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

describe('a closed engine', () => {
  test('holds nothing and refuses everything', async () => {
    const { engine, kms, runtime } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    await engine.close();
    expect(engine.snapshot().deks).toEqual([]);
    expect(runtime.timers.every((timer) => timer.stopped)).toBe(true);
    const asked = kms.seen.length;
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('closed');
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('closed');
    expect(await codeOf(engine.decryptMany([envelope], { workspace }))).toBe('closed');
    expect(await codeOf(engine.validate(workspace))).toBe('closed');
    const message = engine.message({ workspace }, (scope) => scope.encrypt(plaintext));
    expect(await codeOf(message)).toBe('closed');
    expect(kms.seen).toHaveLength(asked);
    expect(outcomes(engine)).toEqual({
      'encrypt miss': 1,
      'encrypt closed': 2,
      'decrypt closed': 2,
    });
  });

  test('closes its sinks and its provider once, however often it is closed', async () => {
    const { engine, kms, sink } = harness();
    await Promise.all([engine.close(), engine.close()]);
    await engine.close();
    expect([kms.closed, sink.closed]).toEqual([1, 1]);
  });

  test('takes in no DEK whose load was under way', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms } = coldPeer(writer);
    const answer = Promise.withResolvers<void>();
    kms.next('Decrypt', answer.promise);
    const opening = engine.decrypt(envelope, { workspace });
    const waiting = engine.decrypt(envelope, { workspace });
    await new Promise(setImmediate);
    await engine.close();
    answer.resolve();
    expect(await codeOf(opening)).toBe('closed');
    expect(await codeOf(waiting)).toBe('closed');
    expect(engine.snapshot().deks).toEqual([]);
  });
});

describe('an engine is not made', () => {
  const good = { directory: memoryDirectory(), keyFor: () => 'local:key/1', process: 'api-1' };
  const provider = harness().kms;
  test.each([
    ['keyFor', { ...good, provider, keyFor: undefined }],
    ['process', { ...good, provider, process: 'api 1' }],
    ['process', { ...good, provider, process: '' }],
    ['process', { ...good, provider, process: 'p'.repeat(65) }],
    ['provider', { ...good, provider: {} }],
    ['directory', { ...good, provider, directory: {} }],
    ['policy', { ...good, provider, policy: 'weekly' }],
  ])('without a fit %s', (name, options) => {
    const make = () => createEngine(options as unknown as EngineOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(name);
  });
});
