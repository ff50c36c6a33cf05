/** A bound handle's operations without a promise do the same as `encrypt` and `decrypt` when those need not wait. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CryptoCoreError } from '../src/index.ts';
import { coldPeer, harness, hourMs, keyUri, minuteMs, outcomes } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

const codeThrownBy = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof CryptoCoreError) return error.code;
    throw error;
  }
  return 'none';
};

describe('an operation without a promise', () => {
  test('seals and opens under a DEK that is held, and is counted as the hit it is', async () => {
    const { engine, kms, sink } = harness();
    const bound = engine.bind({ workspace });
    await bound.encrypt(plaintext);
    const envelope = bound.encryptHeld(plaintext);
    expect(envelope && bound.decryptHeld(envelope)).toEqual(plaintext);
    expect(envelope && (await engine.decrypt(envelope, { workspace }))).toEqual(plaintext);
    expect(outcomes(engine)).toEqual({ 'encrypt miss': 1, 'encrypt hit': 1, 'decrypt hit': 2 });
    expect(sink.take()?.deks).toMatchObject([{ uses: 4, bytes: 4 * plaintext.length }]);
    expect(kms.seen).toHaveLength(1);
  });

  test('gives nothing, asks nobody and counts nothing where no DEK is held', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms } = coldPeer(writer);
    const bound = engine.bind({ workspace });
    expect(bound.encryptHeld(plaintext)).toBeUndefined();
    expect(bound.decryptHeld(envelope)).toBeUndefined();
    await turn();
    expect(kms.seen.map(({ operation }) => operation)).toEqual(['Encrypt']);
    expect(outcomes(engine)).toEqual({});
    expect(bound.decryptHeld(envelope) ?? (await bound.decrypt(envelope))).toEqual(plaintext);
    expect(bound.decryptHeld(envelope)).toEqual(plaintext);
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 1, 'decrypt hit': 1 });
  });

  test('gives nothing once the lease ended, the key was denied or changed, or a limit is met', async () => {
    let key = keyUri;
    const policy = { dekMessagesMax: 3 };
    const { engine, kms, runtime, sink } = harness({ keyFor: () => key, policy });
    const bound = engine.bind({ workspace });
    const envelope = await bound.encrypt(plaintext);
    runtime.advance(hourMs);
    expect(bound.decryptHeld(envelope)).toBeUndefined();
    expect(bound.encryptHeld(plaintext)).toBeUndefined();
    await bound.decrypt(envelope);
    expect(bound.encryptHeld(plaintext)).toBeDefined();
    expect(bound.encryptHeld(plaintext)).toBeDefined();
    expect(bound.encryptHeld(plaintext)).toBeUndefined();
    await bound.encrypt(plaintext);
    expect(sink.causes).toEqual(['dek.first', 'load.expired', 'dek.limit']);
    key = 'arn:aws:kms:eu-central-1:111122223333:key/two';
    expect(bound.encryptHeld(plaintext)).toBeUndefined();
    expect(bound.decryptHeld(envelope)).toBeUndefined();
    key = keyUri;
    expect(bound.decryptHeld(envelope)).toEqual(plaintext);
    kms.next('Decrypt', 'denied');
    runtime.advance(hourMs - minuteMs);
    await engine.validate(workspace);
    expect(bound.decryptHeld(envelope)).toBeUndefined();
    expect(bound.encryptHeld(plaintext)).toBeUndefined();
  });

  test('throws what the others reject with, counted once', async () => {
    const { engine } = harness();
    const bound = engine.bind({ workspace });
    const envelope = Buffer.from(await bound.encrypt(plaintext));
    const changed = Buffer.from(envelope);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    expect(codeThrownBy(() => bound.decryptHeld(changed))).toBe('authentication-failed');
    const signal = AbortSignal.abort();
    expect(codeThrownBy(() => bound.decryptHeld(envelope, { signal }))).toBe('aborted');
    expect(codeThrownBy(() => bound.encryptHeld(plaintext, { signal }))).toBe('aborted');
    const wrong = Object('body') as Uint8Array;
    expect(() => bound.encryptHeld(wrong)).toThrow(TypeError);
    expect(() => bound.decryptHeld(wrong)).toThrow(TypeError);
    await engine.close();
    expect(codeThrownBy(() => bound.encryptHeld(plaintext))).toBe('closed');
    expect(codeThrownBy(() => bound.decryptHeld(envelope))).toBe('closed');
    expect(outcomes(engine)).toEqual({
      'encrypt miss': 1,
      'decrypt hit': 1,
      'decrypt aborted': 1,
      'encrypt aborted': 1,
      'decrypt closed': 1,
      'encrypt closed': 1,
    });
  });

  test('gives nothing until a keyFor that answers later has answered, and asks it once', async () => {
    let asked = 0;
    const keyFor = async () => {
      asked += 1;
      if (asked === 1) throw new Error('no such workspace');
      return keyUri;
    };
    const { engine } = harness({ keyFor });
    const bound = engine.bind({ workspace });
    // Nobody waits for this answer: its rejection must not end the process.
    expect(bound.encryptHeld(plaintext)).toBeUndefined();
    await turn();
    const sealing = [bound.encryptHeld(plaintext), bound.encrypt(plaintext)];
    expect(sealing[0]).toBeUndefined();
    await sealing[1];
    expect(asked).toBe(2);
    expect(bound.encryptHeld(plaintext)).toBeDefined();
  });

  test('has a DEK in use asked for ahead of its lease’s end', async () => {
    const { engine, runtime, sink } = harness({ policy: { refreshAheadMs: 10 * minuteMs } });
    const bound = engine.bind({ workspace });
    const envelope = await bound.encrypt(plaintext);
    runtime.advance(hourMs - minuteMs);
    expect(bound.decryptHeld(envelope)).toEqual(plaintext);
    await turn();
    expect(sink.causes).toEqual(['dek.first', 'refresh.ahead']);
  });
});
