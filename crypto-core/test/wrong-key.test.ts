import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseEnvelope } from '../src/index.ts';
import { codeOf, coldPeer, dekIdOf, failureOf, harness, outcomes, secondMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

async function cold() {
  const writer = harness({ policy: { dekMessagesMax: 1 } });
  const envelope = await writer.engine.encrypt(plaintext, { workspace });
  const other = await writer.engine.encrypt(plaintext, { workspace });
  return { ...coldPeer(writer), envelope, other };
}

describe('a DEK that the key did not wrap', () => {
  test('fails to authenticate, is asked for once and remembered 5 s', async () => {
    const { engine, kms, runtime, sink, envelope } = await cold();
    kms.always('Decrypt', 'wrong-key');
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('authentication-failed');
    expect(sink.last()).toMatchObject({ outcome: 'wrong-key', attempts: [{ attempt: 1 }] });
    const asked = kms.seen.length;
    runtime.advance(5 * secondMs - 1);
    expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('authentication-failed');
    expect(kms.seen).toHaveLength(asked);
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 1, 'decrypt denial': 1 });
    kms.always('Decrypt', undefined);
    runtime.advance(1);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    expect(sink.causes).toEqual(['load.first', 'load.after-denial']);
  });

  test('touches no other DEK of the key, cached or not', async () => {
    const { engine, kms, envelope, other } = await cold();
    await engine.decrypt(other, { workspace });
    kms.next('Decrypt', 'wrong-key');
    await codeOf(engine.decrypt(envelope, { workspace }));
    expect(engine.snapshot().deks).toHaveLength(1);
    expect(await engine.decrypt(other, { workspace })).toEqual(plaintext);
    const third = await engine.encrypt(plaintext, { workspace });
    expect(await engine.decrypt(third, { workspace })).toEqual(plaintext);
  });

  test.each([
    ['of another length', () => randomBytes(16)],
    ['that does not match the commitment', () => randomBytes(32)],
  ])('is also one whose KMS answer is bytes %s, and those are zeroised', async (_, make) => {
    const made = await cold();
    const answers: Buffer[] = [];
    const provider = {
      name: 'liar',
      wrap: made.kms.wrap.bind(made.kms),
      unwrap: async () => {
        const bytes = make();
        answers.push(bytes);
        return { bytes };
      },
    };
    const { engine, sink } = coldPeer(made, { provider });
    expect(await codeOf(engine.decrypt(made.envelope, { workspace }))).toBe(
      'authentication-failed',
    );
    expect(sink.last()).toMatchObject({ outcome: 'wrong-key', attempts: [{ outcome: 'ok' }] });
    expect(answers).toHaveLength(1);
    expect(answers.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
    expect(engine.snapshot().deks).toEqual([]);
  });

  test('is what older data has when the registered key is switched', async () => {
    let registered = 'local:key/1';
    const writer = harness({ keyFor: () => registered });
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    registered = 'local:key/2';
    const { engine, kms } = coldPeer(writer, { keyFor: () => registered });
    const error = await failureOf(engine.decrypt(envelope, { workspace }));
    expect(error.code).toBe('authentication-failed');
    expect(error.message).toMatch(/another key than the one registered/);
    expect(kms.seen.at(-1)?.keyUri).toBe('local:key/2');
    expect(parseEnvelope(envelope).keyUri).toBe('local:key/1');
    const fresh = await engine.encrypt(plaintext, { workspace });
    expect(await engine.decrypt(fresh, { workspace })).toEqual(plaintext);
  });
});

describe('an encryption whose current DEK the key did not wrap', () => {
  async function damaged(policy = {}) {
    const writer = harness();
    const before = await writer.engine.encrypt(plaintext, { workspace });
    const peer = coldPeer(writer, { policy });
    peer.kms.next('Decrypt', 'wrong-key');
    return { writer, before, ...peer };
  }

  test.each([0, 5_000])(
    'looks up again and makes a new one (memory %i ms), both lookups counted',
    async (denialMemoryMs) => {
      const { engine, sink, before, writer } = await damaged({ denialMemoryMs });
      const sealed = await Promise.all(
        [1, 2, 3].map(() => engine.encrypt(plaintext, { workspace })),
      );
      expect(new Set(sealed.map(dekIdOf)).size).toBe(1);
      expect(dekIdOf(sealed[0] ?? before)).not.toBe(dekIdOf(before));
      expect(sink.causes).toEqual(['load.first', 'dek.first']);
      expect(outcomes(engine)).toEqual({ 'encrypt miss': 2, 'encrypt coalesced': 2 });
      // The others find the new DEK in the directory, and old envelopes still open where they did.
      const next = await coldPeer(writer).engine.encrypt(plaintext, { workspace });
      expect(dekIdOf(next)).toBe(dekIdOf(sealed[0] ?? before));
      expect(await writer.engine.decrypt(before, { workspace })).toEqual(plaintext);
    },
  );
});
