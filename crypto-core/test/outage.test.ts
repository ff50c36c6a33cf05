import { describe, expect, test } from 'vitest';
import { KmsFault } from '../src/index.ts';
import {
  codeOf,
  coldPeer,
  dekIdOf,
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

async function cold(policy = {}) {
  const writer = harness();
  const envelope = await writer.engine.encrypt(plaintext, { workspace });
  return { ...coldPeer(writer, { policy }), envelope };
}

describe('an outage', () => {
  test('leaves cached DEKs serving until their lease ends', async () => {
    const { engine, kms, runtime } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', 'outage');
    kms.always('Decrypt', 'outage');
    runtime.advance(hourMs - 1);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    await engine.encrypt(plaintext, { workspace });
    expect(kms.seen).toHaveLength(1);
    runtime.advance(1);
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('unavailable');
  });

  test('is retried with doubled, jittered waits, each attempt recorded with its own claim', async () => {
    const { engine, kms, runtime, sink, envelope } = await cold({ attemptsMax: 4, backoffMs: 200 });
    runtime.jitter = 0.25;
    kms.next('Decrypt', 'outage', fault('outage', 'KMSInternalException'), 'outage');
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    expect(runtime.sleeps).toEqual([50, 100, 200]);
    const { attempts, outcome } = sink.last();
    expect(outcome).toBe('ok');
    expect(attempts.map(({ attempt, outcome: how, reason }) => [attempt, how, reason])).toEqual([
      [1, 'outage', 'ThrottlingException'],
      [2, 'outage', 'KMSInternalException'],
      [3, 'outage', 'ThrottlingException'],
      [4, 'ok', undefined],
    ]);
    const claims = kms.seen.slice(-4).map(({ claim }) => claim);
    expect(claims.map((claim) => claim.split('#')[1]?.split('.').slice(2).join('.'))).toEqual([
      '1.1',
      '1.2',
      '1.3',
      '1.4',
    ]);
    expect(new Set(attempts.map(({ spanId }) => spanId)).size).toBe(4);
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 1 });
  });

  test('ends in a retryable error after the attempts allowed', async () => {
    const { engine, kms, sink, envelope } = await cold({ attemptsMax: 2 });
    kms.always('Decrypt', 'outage');
    const error = await failureOf(engine.decrypt(envelope, { workspace }));
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(sink.last().attempts).toHaveLength(2);
  });

  test('is not retried past the budget', async () => {
    const budget = { attemptsMax: 10, backoffMs: 1_000, retryBudgetMs: 2_000 };
    const { engine, kms, runtime, sink, envelope } = await cold(budget);
    kms.always('Decrypt', 'outage');
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('unavailable');
    expect(runtime.sleeps).toEqual([500, 1_000]);
    expect(sink.last().attempts).toHaveLength(3);
  });

  test('is remembered 1 s without a KMS call, and recovers by itself', async () => {
    const { engine, kms, runtime, sink, envelope } = await cold();
    kms.always('Decrypt', 'outage');
    await codeOf(engine.decrypt(envelope, { workspace }));
    const asked = kms.seen.length;
    runtime.advance(secondMs - 1);
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('unavailable');
    expect(kms.seen).toHaveLength(asked);
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 1, 'decrypt outage': 1 });
    kms.always('Decrypt', undefined);
    runtime.advance(1);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    expect(sink.causes).toEqual(['load.first', 'load.first']);
  });

  test('is what an error that a provider did not classify counts as', async () => {
    const { engine, kms, sink, envelope } = await cold({ attemptsMax: 1 });
    const broken = Promise.reject(new RangeError('secret detail'));
    broken.catch(() => {});
    kms.next('Decrypt', broken);
    const error = await failureOf(engine.decrypt(envelope, { workspace }));
    expect(error.code).toBe('unavailable');
    expect(error.message).not.toContain('secret detail');
    expect(sink.last().attempts).toMatchObject([{ outcome: 'outage', reason: 'RangeError' }]);
  });

  test('that never left the process is recorded as never sent', async () => {
    const { engine, kms, sink, envelope } = await cold({ attemptsMax: 1 });
    kms.next('Decrypt', new KmsFault('outage', 'ECONNREFUSED', { sent: false }));
    await codeOf(engine.decrypt(envelope, { workspace }));
    expect(sink.last().attempts).toMatchObject([{ sent: false, reason: 'ECONNREFUSED' }]);
    expect(sink.last().attempts[0]).not.toHaveProperty('requestId');
  });
});

describe('a rotation that falls due during an outage', () => {
  const policy = { dekRotationMs: 10 * minuteMs, outageMemoryMs: secondMs };

  test('goes on with the old DEK until its lease ends, then fails closed', async () => {
    const { engine, kms, runtime } = harness({ policy });
    const first = await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', 'outage');
    runtime.advance(10 * minuteMs);
    for (let minute = 10; minute < 60; minute += 1) {
      expect(dekIdOf(await engine.encrypt(plaintext, { workspace }))).toBe(dekIdOf(first));
      runtime.wall = runtime.wall - (runtime.wall % minuteMs) + minuteMs;
      runtime.mono += minuteMs;
      runtime.tick();
    }
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('unavailable');
  });

  test('makes a new DEK as soon as the KMS is back', async () => {
    const { engine, kms, runtime, sink } = harness({ policy });
    const first = await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', 'outage');
    runtime.advance(10 * minuteMs);
    await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', undefined);
    const duringOutage = await engine.encrypt(plaintext, { workspace });
    expect(dekIdOf(duringOutage)).toBe(dekIdOf(first));
    runtime.advance(secondMs);
    const next = await engine.encrypt(plaintext, { workspace });
    expect(dekIdOf(next)).not.toBe(dekIdOf(first));
    expect(sink.causes).toEqual(['dek.first', 'dek.rotation', 'dek.rotation']);
    expect(outcomes(engine)).toEqual({ 'encrypt miss': 3, 'encrypt hit': 1 });
  });

  test('does not exceed the DEK’s message limit', async () => {
    const { engine, kms, runtime } = harness({ policy: { ...policy, dekMessagesMax: 3 } });
    await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', 'outage');
    runtime.advance(10 * minuteMs);
    await engine.encrypt(plaintext, { workspace });
    await engine.encrypt(plaintext, { workspace });
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('unavailable');
  });

  test('does not use a DEK that was denied', async () => {
    const { engine, kms, runtime } = harness({ policy });
    const envelope = await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', 'outage');
    kms.always('Decrypt', 'denied');
    runtime.advance(10 * minuteMs);
    expect(await engine.validate(workspace)).toMatchObject({ ok: false, missing: 'service' });
    await engine.encrypt(plaintext, { workspace });
    kms.always('Encrypt', undefined);
    expect(await engine.validate(workspace)).toMatchObject({ ok: false, missing: 'permission' });
    kms.always('Encrypt', 'outage');
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('unavailable');
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('denied');
  });
});
