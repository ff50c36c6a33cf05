import { describe, expect, test } from 'vitest';
import {
  codeOf,
  coldPeer,
  failureOf,
  fault,
  harness,
  hourMs,
  minuteMs,
  outcomes,
  secondMs,
} from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

/** An engine that holds three DEKs of one key, made a minute apart, and a fourth under another key. */
async function holdingSeveral() {
  const keyFor = (name: string) => (name === 'beta' ? 'local:key/beta' : 'local:key/acme');
  const made = harness({ keyFor, policy: { dekRotationMs: minuteMs } });
  const envelopes: Uint8Array[] = [];
  for (let n = 0; n < 3; n += 1) {
    envelopes.push(await made.engine.encrypt(plaintext, { workspace }));
    made.runtime.advance(minuteMs);
  }
  const [first, second, third] = envelopes;
  if (!first || !second || !third) throw new Error('three must be made');
  const beta = await made.engine.encrypt(plaintext, { workspace: 'beta' });
  return { ...made, first, second, third, beta };
}

describe('a Decrypt denial', () => {
  async function denied() {
    const made = await holdingSeveral();
    const { engine, runtime, kms } = made;
    runtime.advance(hourMs - 3 * minuteMs);
    kms.next('Decrypt', 'denied');
    const error = await failureOf(engine.decrypt(made.first, { workspace }));
    return { ...made, error };
  }

  test('fails closed at once, saying what to check', async () => {
    const { error, sink } = await denied();
    expect(error).toMatchObject({ code: 'denied', retryable: false });
    expect(error.message).toContain('AccessDeniedException');
    expect(sink.last()).toMatchObject({ outcome: 'denied', attempts: [{ outcome: 'denied' }] });
    expect(sink.last().attempts).toHaveLength(1);
  });

  test('drops every DEK under that key though leases still ran, and no other', async () => {
    const { engine, second, beta } = await denied();
    expect(engine.snapshot().deks.map((dek) => dek.workspace)).toEqual(['beta']);
    expect(await codeOf(engine.decrypt(second, { workspace }))).toBe('denied');
    expect(await engine.decrypt(beta, { workspace: 'beta' })).toEqual(plaintext);
  });

  test('is remembered 5 s without a KMS call, then the KMS is asked again', async () => {
    const { engine, kms, runtime, first, second, sink } = await denied();
    const asked = kms.seen.length;
    runtime.advance(5 * secondMs - 1);
    expect(await codeOf(engine.decrypt(second, { workspace }))).toBe('denied');
    expect(kms.seen).toHaveLength(asked);
    expect(outcomes(engine)['decrypt denial']).toBe(1);
    runtime.advance(1);
    expect(await engine.decrypt(second, { workspace })).toEqual(plaintext);
    expect(await engine.decrypt(first, { workspace })).toEqual(plaintext);
    expect(sink.causes.slice(-2)).toEqual(['load.after-denial', 'load.after-denial']);
    expect(sink.last()).toMatchObject({ generation: 0 });
  });

  test('is not remembered longer because the wall clock steps back', async () => {
    const { engine, runtime, second } = await denied();
    runtime.wall -= hourMs;
    runtime.mono += 5 * secondMs;
    expect(await engine.decrypt(second, { workspace })).toEqual(plaintext);
  });

  test('renews its memory while it lasts', async () => {
    const { engine, kms, runtime, second } = await denied();
    kms.always('Decrypt', 'denied');
    for (let n = 0; n < 3; n += 1) {
      runtime.advance(5 * secondMs);
      const asked = kms.seen.length;
      expect(await codeOf(engine.decrypt(second, { workspace }))).toBe('denied');
      expect(await codeOf(engine.decrypt(second, { workspace }))).toBe('denied');
      expect(kms.seen).toHaveLength(asked + 1);
    }
  });

  test('stops encryption with the current DEK too', async () => {
    const { engine, kms, runtime } = harness();
    await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs);
    kms.always('Decrypt', 'denied');
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('denied');
    expect(outcomes(engine)).toEqual({ 'encrypt miss': 2 });
  });
});

describe('an Encrypt denial', () => {
  test('stops new DEKs alone: what is held goes on opening', async () => {
    const { engine, kms, runtime, first, third } = await holdingSeveral();
    runtime.advance(minuteMs);
    kms.always('Encrypt', 'denied');
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('denied');
    expect(await engine.decrypt(first, { workspace })).toEqual(plaintext);
    runtime.advance(hourMs);
    expect(await engine.decrypt(third, { workspace })).toEqual(plaintext);
  });

  test('is remembered 5 s, then new DEKs are made again', async () => {
    const { engine, kms, runtime } = harness();
    kms.next('Encrypt', 'denied');
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('denied');
    runtime.advance(5 * secondMs - 1);
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('denied');
    expect(kms.seen).toHaveLength(1);
    expect(outcomes(engine)).toEqual({ 'encrypt miss': 1, 'encrypt denial': 1 });
    runtime.advance(1);
    await expect(engine.encrypt(plaintext, { workspace })).resolves.toBeInstanceOf(Uint8Array);
  });
});

describe('a DEK revoked while its load is under way', () => {
  test('is not admitted when its answer was sent before the denial', async () => {
    const made = await holdingSeveral();
    const { engine, kms, runtime } = coldPeer(made, { keyFor: () => 'local:key/acme' });
    const late = Promise.withResolvers<void>();
    kms.next('Decrypt', late.promise, 'denied');
    const opening = engine.decrypt(made.first, { workspace });
    const waiting = engine.decrypt(made.first, { workspace });
    await new Promise(setImmediate);
    runtime.advance(1);
    expect(await codeOf(engine.decrypt(made.second, { workspace }))).toBe('denied');
    late.resolve();
    expect(await codeOf(opening)).toBe('denied');
    expect(await codeOf(waiting)).toBe('denied');
    expect(engine.snapshot().deks).toEqual([]);
  });

  // A zeroised key would still encrypt, and anybody could open the result.
  test('is never used zeroised, however the two answers interleave', async () => {
    for (let ticks = 0; ticks < 24; ticks += 1) {
      const made = await holdingSeveral();
      const { engine, kms } = coldPeer(made, { keyFor: () => 'local:key/acme', policy: 'daily' });
      const [yes, no] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      kms.next('Decrypt', yes.promise, no.promise);
      const sealing = engine.encrypt(plaintext, { workspace });
      const opening = engine.decrypt(made.third, { workspace });
      const other = codeOf(engine.decrypt(made.first, { workspace }));
      await new Promise(setImmediate);
      yes.resolve();
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      no.reject(fault('denied'));
      const [sealed, opened] = await Promise.allSettled([sealing, opening]);
      expect(await other).toBe('denied');
      if (opened.status === 'fulfilled') expect(opened.value).toEqual(plaintext);
      else
        expect(opened.reason).toMatchObject({ code: expect.stringMatching(/denied|unavailable/) });
      if (sealed.status === 'rejected') continue;
      expect(await made.engine.decrypt(sealed.value, { workspace })).toEqual(plaintext);
    }
  });
});
