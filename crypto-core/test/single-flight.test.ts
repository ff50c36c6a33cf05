import { describe, expect, test } from 'vitest';
import { coldPeer, harness, hourMs, outcomes } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');
const n = 50;

const times = <T>(work: () => T): T[] => Array.from({ length: n }, work);

describe('concurrent lookups of one DEK', () => {
  test('that miss on decryption make one KMS call, the others wait for it', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms, sink } = coldPeer(writer);
    const opened = await Promise.all(times(() => engine.decrypt(envelope, { workspace })));
    expect(opened).toEqual(times(() => plaintext));
    expect(kms.count('Decrypt')).toBe(1);
    expect(sink.calls).toHaveLength(1);
    expect(sink.last().coalesced).toBe(n - 1);
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 1, 'decrypt coalesced': n - 1 });
  });

  test('that miss on encryption make one DEK', async () => {
    const { engine, kms, sink } = harness();
    await Promise.all(times(() => engine.encrypt(plaintext, { workspace })));
    expect(kms.seen).toHaveLength(1);
    expect(sink.last().coalesced).toBe(n - 1);
    expect(outcomes(engine)).toEqual({ 'encrypt miss': 1, 'encrypt coalesced': n - 1 });
  });

  test('of both kinds share one call', async () => {
    const { engine, kms, runtime } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs);
    await Promise.all([
      ...times(() => engine.encrypt(plaintext, { workspace })),
      ...times(() => engine.decrypt(envelope, { workspace })),
    ]);
    expect(kms.count('Decrypt')).toBe(1);
  });

  test('that fail all fail by one call, and the next asks again', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms } = coldPeer(writer, { policy: { attemptsMax: 1, outageMemoryMs: 0 } });
    kms.next('Decrypt', 'outage');
    const settled = await Promise.allSettled(times(() => engine.decrypt(envelope, { workspace })));
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(kms.count('Decrypt')).toBe(1);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    expect(kms.count('Decrypt')).toBe(2);
  });

  test('of different DEKs make one call each', async () => {
    const writer = harness({ policy: { dekMessagesMax: 1 } });
    const envelopes: Uint8Array[] = [];
    for (let made = 0; made < 5; made += 1) {
      envelopes.push(await writer.engine.encrypt(plaintext, { workspace }));
    }
    const { engine, kms, sink } = coldPeer(writer);
    await Promise.all(
      times(() => envelopes.map((envelope) => engine.decrypt(envelope, { workspace }))).flat(),
    );
    expect(kms.count('Decrypt')).toBe(5);
    expect(sink.calls.map((call) => call.seq)).toEqual([1, 2, 3, 4, 5]);
  });
});
