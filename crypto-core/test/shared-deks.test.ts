import { describe, expect, test } from 'vitest';
import { memoryDirectory, parseEnvelope } from '../src/index.ts';
import {
  codeOf,
  coldPeer,
  dekIdOf,
  failureOf,
  harness,
  hourMs,
  keyUri,
  minuteMs,
  outcomes,
  portOptions,
} from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

describe('processes that share a directory', () => {
  test('seal under one DEK: the second loads what the first made', async () => {
    const one = harness();
    const two = coldPeer(one);
    const first = await one.engine.encrypt(plaintext, { workspace });
    const second = await two.engine.encrypt(plaintext, { workspace });
    expect(dekIdOf(second)).toBe(dekIdOf(first));
    expect(one.sink.causes).toEqual(['dek.first']);
    expect(two.sink.causes).toEqual(['load.first']);
    expect(two.sink.last()).toMatchObject({ operation: 'Decrypt', path: 'encrypt' });
  });

  test.each([
    ['first', 0],
    ['at a rotation', hourMs],
  ])('racing to make one (%s) end with one current DEK, the loser adopts it', async (_, waitMs) => {
    const one = harness({ policy: 'hourly' });
    const two = coldPeer(one, { policy: 'hourly' });
    if (waitMs > 0) await one.engine.encrypt(plaintext, { workspace });
    one.runtime.advance(waitMs);
    const wraps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    one.kms.next('Encrypt', wraps[0].promise, wraps[1].promise);
    const sealing = [one, two].map(({ engine }) => engine.encrypt(plaintext, { workspace }));
    await new Promise(setImmediate);
    wraps[1].resolve();
    await new Promise(setImmediate);
    wraps[0].resolve();
    const [lost, won] = await Promise.all(sealing);
    if (lost === undefined || won === undefined) throw new Error('both must be sealed');
    expect(dekIdOf(lost)).toBe(dekIdOf(won));
    const cause = waitMs > 0 ? 'dek.rotation' : 'dek.first';
    expect(two.sink.causes).toEqual([cause]);
    expect(one.sink.causes.slice(-2)).toEqual([cause, 'dek.adopted']);
    expect(one.sink.last()).toMatchObject({ operation: 'Decrypt', generation: 0 });
    const current = await one.directory.current(workspace, portOptions);
    expect(Buffer.compare(parseEnvelope(won).header, current ?? Buffer.alloc(0))).toBe(0);
    for (const reader of [one, two, coldPeer(one)]) {
      const opened = await reader.engine.decryptMany([lost, won], { workspace });
      expect(opened).toEqual([plaintext, plaintext]);
    }
    const { 'encrypt miss': misses } = outcomes(one.engine);
    expect(one.sink.calls.length).toBe((misses ?? 0) + 1);
  });

  test('take over the newer DEK of another when theirs is due', async () => {
    const one = harness({ policy: 'hourly' });
    const two = coldPeer(one, { policy: 'hourly' });
    await one.engine.encrypt(plaintext, { workspace });
    await two.engine.encrypt(plaintext, { workspace });
    one.runtime.advance(hourMs);
    const newer = await one.engine.encrypt(plaintext, { workspace });
    const taken = await two.engine.encrypt(plaintext, { workspace });
    expect(dekIdOf(taken)).toBe(dekIdOf(newer));
    expect(two.sink.causes).toEqual(['load.first', 'load.first']);
  });

  test('keep workspaces apart', async () => {
    const { engine, kms } = harness();
    const acme = await engine.encrypt(plaintext, { workspace });
    const beta = await engine.encrypt(plaintext, { workspace: 'beta' });
    expect(dekIdOf(acme)).not.toBe(dekIdOf(beta));
    expect(kms.seen.map((call) => call.context.workspace)).toEqual(['acme', 'beta']);
  });
});

describe('the memory directory', () => {
  test('replaces only what the caller saw', async () => {
    const directory = memoryDirectory();
    const [a, b, c] = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')];
    expect(await directory.current(workspace, portOptions)).toBeUndefined();
    expect(await directory.replace(workspace, undefined, a, portOptions)).toEqual(a);
    expect(await directory.replace(workspace, undefined, b, portOptions)).toEqual(a);
    expect(await directory.replace(workspace, b, c, portOptions)).toEqual(a);
    expect(await directory.replace(workspace, Buffer.from('a'), c, portOptions)).toEqual(c);
    expect(await directory.current(workspace, portOptions)).toEqual(c);
    expect(await directory.current('beta', portOptions)).toBeUndefined();
  });
});

describe('a directory that fails', () => {
  const down = async () => {
    throw new Error('connection refused');
  };

  test('on reading fails a new encryption retryably, without a KMS call', async () => {
    const { engine, kms } = harness({ directory: { ...memoryDirectory(), current: down } });
    const error = await failureOf(engine.encrypt(plaintext, { workspace }));
    expect(error).toMatchObject({ code: 'directory-unavailable', retryable: true });
    expect(kms.seen).toHaveLength(0);
    expect(outcomes(engine)).toEqual({ 'encrypt directory': 1 });
  });

  test('on writing leaves no DEK in memory and nothing sealed', async () => {
    const { engine, kms, runtime, directory } = harness({
      directory: { ...memoryDirectory(), replace: down },
    });
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('directory-unavailable');
    expect(engine.snapshot().deks).toEqual([]);
    expect(await directory.current(workspace, portOptions)).toBeUndefined();
    runtime.advance(minuteMs);
    expect(kms.count('Encrypt')).toBe(1);
  });

  test('with bytes that are no header fails the lookup as the directory’s fault, counted', async () => {
    const broken = { ...memoryDirectory(), current: async () => Buffer.from('not a header') };
    const { engine, kms } = harness({ directory: broken });
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('directory-unavailable');
    expect(outcomes(engine)).toEqual({ 'encrypt directory': 1 });
    expect(kms.seen).toHaveLength(0);
  });

  test('does not touch decryption, nor encryption under a DEK already known', async () => {
    const shared = memoryDirectory();
    let failing = false;
    const current = (name: string) => (failing ? down() : shared.current(name, portOptions));
    const { engine } = harness({ directory: { ...shared, current }, keyFor: () => keyUri });
    const envelope = await engine.encrypt(plaintext, { workspace });
    failing = true;
    await expect(engine.encrypt(plaintext, { workspace })).resolves.toBeInstanceOf(Uint8Array);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
  });
});
