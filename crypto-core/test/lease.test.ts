import { describe, expect, test } from 'vitest';
import { coldPeer, failureOf, harness, hourMs, minuteMs, outcomes, secondMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

async function withEnvelope(policy = {}) {
  const made = harness({ policy });
  const envelope = await made.engine.encrypt(plaintext, { workspace });
  return { ...made, envelope };
}

describe('the lease of a DEK', () => {
  test('serves without a KMS call until it ends, however much the DEK is used', async () => {
    const { engine, kms, runtime, envelope } = await withEnvelope();
    for (let n = 0; n < 59; n += 1) {
      runtime.advance(minuteMs);
      await engine.decrypt(envelope, { workspace });
      await engine.encrypt(plaintext, { workspace });
    }
    runtime.advance(minuteMs - 1);
    await engine.decrypt(envelope, { workspace });
    expect(kms.seen).toHaveLength(1);
    runtime.advance(1);
    await engine.decrypt(envelope, { workspace });
    expect(kms.count('Decrypt')).toBe(1);
  });

  test('binds encryption with the current DEK too', async () => {
    const { engine, kms, runtime } = await withEnvelope();
    runtime.advance(hourMs);
    await engine.encrypt(plaintext, { workspace });
    expect(kms.seen.map((call) => call.operation)).toEqual(['Encrypt', 'Decrypt']);
  });

  test('counts from the instant the successful attempt was sent', async () => {
    const made = await withEnvelope();
    const { engine, kms, runtime, sink } = coldPeer(made);
    const answer = Promise.withResolvers<void>();
    kms.next('Decrypt', 'outage', answer.promise);
    const opening = engine.decrypt(made.envelope, { workspace });
    await new Promise(setImmediate);
    const sentAt = runtime.now();
    expect(runtime.sleeps).toEqual([50]);
    runtime.advance(3 * secondMs);
    answer.resolve();
    await opening;
    const [dek] = engine.snapshot().deks;
    expect(dek).toMatchObject({ loadedAt: sentAt, leaseEndsAt: sentAt + hourMs });
    expect(sink.last()).toMatchObject({ leaseEndsAt: sentAt + hourMs });
    expect(sink.last().attempts[1]).toMatchObject({ sentAt, durationMs: 3 * secondMs });
  });

  test('ends by the monotonic clock when the wall clock steps back', async () => {
    const { engine, kms, runtime, envelope } = await withEnvelope();
    runtime.advance(hourMs - 1);
    runtime.wall -= 30 * minuteMs;
    await engine.decrypt(envelope, { workspace });
    expect(kms.seen).toHaveLength(1);
    runtime.advance(1);
    await engine.decrypt(envelope, { workspace });
    expect(kms.count('Decrypt')).toBe(1);
  });

  test('ends by the wall clock when the process was asleep', async () => {
    const { engine, kms, runtime, envelope } = await withEnvelope();
    runtime.wall += hourMs;
    await engine.decrypt(envelope, { workspace });
    expect(kms.count('Decrypt')).toBe(1);
  });

  test('ends in memory too: the engine sweeps every second', async () => {
    const { engine, runtime } = await withEnvelope();
    expect(runtime.timers.filter(({ stopped }) => !stopped)).toMatchObject([{ ms: secondMs }]);
    runtime.advance(hourMs - 1);
    runtime.tick();
    expect(engine.snapshot().deks).toHaveLength(1);
    runtime.advance(1);
    runtime.tick();
    expect(engine.snapshot().deks).toHaveLength(0);
    expect(engine.totals().entries).toBe(0);
  });

  test('that ends before its DEK arrives fails the operation, retryably', async () => {
    const made = await withEnvelope({ ttlMs: secondMs });
    const { engine, kms, runtime } = coldPeer(made, { policy: { ttlMs: secondMs } });
    const answer = Promise.withResolvers<void>();
    kms.next('Decrypt', answer.promise);
    const opening = engine.decrypt(made.envelope, { workspace });
    await new Promise(setImmediate);
    runtime.advance(secondMs);
    answer.resolve();
    expect(await failureOf(opening)).toMatchObject({ code: 'unavailable', retryable: true });
  });

  test('that ends while decryptMany waits for another DEK is not outlived', async () => {
    const made = await withEnvelope();
    const { engine, kms, runtime } = made;
    const elsewhere = coldPeer(made, { policy: { dekRotationMs: secondMs } });
    runtime.advance(minuteMs);
    const newer = await elsewhere.engine.encrypt(plaintext, { workspace });
    const answer = Promise.withResolvers<void>();
    kms.next('Decrypt', answer.promise);
    const opening = engine.decryptMany([made.envelope, newer], { workspace });
    await new Promise(setImmediate);
    runtime.advance(59 * minuteMs);
    answer.resolve();
    expect(await failureOf(opening)).toMatchObject({ code: 'unavailable', retryable: true });
  });
});

test('decryptMany looks each distinct DEK up once and keeps the order', async () => {
  const made = await withEnvelope({ dekRotationMs: minuteMs });
  const { engine, runtime, envelope } = made;
  const second = await engine.encrypt(Buffer.from('two'), { workspace });
  runtime.advance(minuteMs);
  const third = await engine.encrypt(Buffer.from('three'), { workspace });
  const cold = coldPeer(made);
  const opened = await cold.engine.decryptMany([third, envelope, second], { workspace });
  expect(opened.map(String)).toEqual(['three', 'body', 'two']);
  expect(outcomes(cold.engine)).toEqual({ 'decrypt miss': 2 });
  expect(await cold.engine.decryptMany([], { workspace })).toEqual([]);
});
