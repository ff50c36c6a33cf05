import { describe, expect, test } from 'vitest';
import { createEngine, type EngineOptions, memoryDirectory } from '../src/index.ts';
import { codeOf, coldPeer, fault, harness, ManualRuntime, outcomes } from './support.ts';

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

describe('closing while KMS calls are under way', () => {
  /** A runtime whose waits end only when the test ends them. */
  class PatientRuntime extends ManualRuntime {
    readonly enough = Promise.withResolvers<void>();
    override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
      this.sleeps.push(ms);
      const aborted = new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve());
      });
      await Promise.race([this.enough.promise, aborted]);
    }
  }

  async function loading(answer: Promise<unknown>) {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const runtime = new PatientRuntime();
    const peer = coldPeer(writer, { runtime });
    peer.kms.next('Decrypt', answer);
    const opening = [1, 2].map(() => codeOf(peer.engine.decrypt(envelope, { workspace })));
    await new Promise(setImmediate);
    return { ...peer, patient: runtime, opening };
  }

  test('fails those who wait at once, and waits for the answer so that its record is told', async () => {
    const answer = Promise.withResolvers<void>();
    const { engine, sink, kms, opening, patient } = await loading(answer.promise);
    const closing = engine.close();
    expect(await Promise.all(opening)).toEqual(['closed', 'closed']);
    await new Promise(setImmediate);
    expect([patient.sleeps, sink.closed, kms.closed]).toEqual([[5_000], 0, 0]);
    answer.resolve();
    await closing;
    expect([sink.closed, kms.closed]).toEqual([1, 1]);
    expect(sink.calls).toMatchObject([{ outcome: 'ok', cause: 'load.first', coalesced: 0 }]);
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 1, 'decrypt closed': 1 });
    expect(engine.snapshot().deks).toEqual([]);
  });

  test('waits only so long, and tells what is still open as sent without an answer', async () => {
    const answer = Promise.withResolvers<void>();
    const { engine, sink, opening, patient } = await loading(answer.promise);
    const closing = engine.close();
    await Promise.all(opening);
    patient.enough.resolve();
    await closing;
    const attempts = [{ sent: true, outcome: 'outage', reason: 'EngineClosed' }];
    expect(sink.calls).toMatchObject([{ outcome: 'outage', attempts }]);
    answer.resolve();
    await new Promise(setImmediate);
    expect(sink.calls).toHaveLength(1);
    expect(engine.snapshot().deks).toEqual([]);
  });

  test('retries nothing more, and sends nothing that still queued', async () => {
    const runtime = new PatientRuntime();
    const policy = { kmsConcurrencyMax: 1, waitersMax: 10 };
    const { engine, kms, sink } = harness({ runtime, policy });
    const answer = Promise.withResolvers<void>();
    kms.next('Encrypt', answer.promise);
    const names = ['first', 'second'];
    const sealing = names.map((name) => codeOf(engine.encrypt(plaintext, { workspace: name })));
    await new Promise(setImmediate);
    const closing = engine.close();
    expect(await Promise.all(sealing)).toEqual(['closed', 'closed']);
    answer.reject(fault('outage'));
    await closing;
    expect(kms.seen).toHaveLength(1);
    const told = sink.calls.map(({ workspace: name, attempts }) => [name, attempts]);
    expect(Object.fromEntries(told)).toMatchObject({
      first: [{ sent: true, reason: 'ThrottlingException' }],
      second: [{ sent: false, reason: 'EngineClosed' }],
    });
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
