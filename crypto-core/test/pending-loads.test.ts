/** What may happen while an operation waits: the caller reuses its buffers, or a forged header races. */
import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parseEnvelope, serializeHeader } from '../src/index.ts';
import { codeOf, coldPeer, harness, hourMs, minuteMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

describe('a caller that uses its buffers again while its operation waits', () => {
  test('gets sealed what it gave', async () => {
    const { engine, kms } = harness();
    const gate = Promise.withResolvers<void>();
    kms.next('Encrypt', gate.promise);
    const body = Buffer.from(plaintext);
    const sealing = engine.encrypt(body, { workspace });
    body.fill(0xff);
    gate.resolve();
    expect(await engine.decrypt(await sealing, { workspace })).toEqual(plaintext);
  });

  test.each(['decrypt', 'decryptMany'] as const)('gets opened what it gave (%s)', async (how) => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms, sink } = coldPeer(writer);
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    const given = Buffer.from(envelope);
    const opening =
      how === 'decrypt'
        ? engine.decrypt(given, { workspace })
        : engine.decryptMany([given], { workspace }).then(([one]) => one);
    given.fill(0xff);
    gate.resolve();
    expect(await opening).toEqual(plaintext);
    expect(sink.last()).toMatchObject({ outcome: 'ok', cause: 'load.first' });
  });

  test('keeps the header that a refresh shows to the KMS', async () => {
    const policy = { refreshAheadMs: 10 * minuteMs };
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms, runtime, sink } = coldPeer(writer, { policy });
    await engine.decrypt(envelope, { workspace });
    runtime.advance(hourMs - minuteMs);
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    const given = Buffer.from(envelope);
    await engine.decrypt(given, { workspace });
    given.fill(0xff);
    gate.resolve();
    await turn();
    expect(sink.last()).toMatchObject({ cause: 'refresh.ahead', outcome: 'ok' });
  });
});

describe('a forged header that races a cold load', () => {
  /** A forged envelope: the genuine DEK id, and optionally its commitment, with an eDEK that the key never made. */
  const forgedOf = (envelope: Uint8Array, commits: boolean): Buffer => {
    const { dekId, commitment, keyUri, nonce, ciphertext, tag } = parseEnvelope(envelope);
    const header = serializeHeader({
      dekId,
      commitment: commits ? commitment : randomBytes(32),
      keyUri,
      edek: randomBytes(48),
    });
    return Buffer.concat([header, nonce, ciphertext, tag]);
  };

  test.each([
    ['answered last, under another commitment', false, ['genuine', 'forged']],
    ['answered last, under the genuine commitment', true, ['genuine', 'forged']],
    ['answered first', true, ['forged', 'genuine']],
  ] as const)(
    '%s, leaves the genuine DEK and its causes as they are',
    async (_, commits, order) => {
      const writer = harness();
      const envelope = await writer.engine.encrypt(plaintext, { workspace });
      const { engine, kms, sink } = coldPeer(writer);
      const gates = {
        genuine: Promise.withResolvers<void>(),
        forged: Promise.withResolvers<void>(),
      };
      kms.next('Decrypt', gates.genuine.promise, gates.forged.promise);
      const genuine = engine.decrypt(envelope, { workspace });
      const forged = codeOf(engine.decrypt(forgedOf(envelope, commits), { workspace }));
      await turn();
      for (const one of order) {
        gates[one].resolve();
        await turn();
      }
      expect(await genuine).toEqual(plaintext);
      expect(await forged).toBe('authentication-failed');
      const calls = sink.calls.length;
      expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
      expect(sink.calls).toHaveLength(calls);
      expect(sink.causes).toEqual(['load.first', 'load.first']);
    },
  );

  test('but a refresh that the key does not open drops the DEK it was for', async () => {
    const policy = { refreshAheadMs: 10 * minuteMs };
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms, runtime } = coldPeer(writer, { policy });
    await engine.decrypt(envelope, { workspace });
    runtime.advance(hourMs - minuteMs);
    kms.next('Decrypt', 'wrong-key');
    await engine.decrypt(envelope, { workspace });
    await turn();
    expect(engine.snapshot().deks).toHaveLength(0);
  });
});
