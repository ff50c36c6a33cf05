import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { localProvider } from '../src/providers/local.ts';
import { harness } from './support.ts';

const secret = Buffer.alloc(32, 7);
const request = {
  keyUri: 'local:key/1',
  context: { workspace: 'acme', dekId: '00'.repeat(16) },
  claim: 'claim',
  signal: new AbortController().signal,
};
const wrongKey = expect.objectContaining({ kind: 'wrong-key' });

describe('the local provider', () => {
  test('unwraps what it wrapped, in another process with the same secret too', async () => {
    const dek = randomBytes(32);
    const wrapped = await localProvider({ secret }).wrap(dek, request);
    expect(Buffer.from(wrapped.bytes).includes(dek)).toBe(false);
    const { bytes } = await localProvider({ secret }).unwrap(wrapped.bytes, request);
    expect(Buffer.compare(bytes, dek)).toBe(0);
  });

  test('binds key, workspace, DEK and secret', async () => {
    const provider = localProvider({ secret });
    const { bytes } = await provider.wrap(randomBytes(32), request);
    const { context } = request;
    const others = [
      { ...request, keyUri: 'local:key/2' },
      { ...request, context: { ...context, workspace: 'beta' } },
      { ...request, context: { ...context, dekId: '01'.repeat(16) } },
    ];
    for (const other of others) {
      await expect(provider.unwrap(bytes, other)).rejects.toEqual(wrongKey);
    }
    const stranger = localProvider({ secret: Buffer.alloc(32, 8) });
    await expect(stranger.unwrap(bytes, request)).rejects.toEqual(wrongKey);
  });

  test('refuses every changed byte and every truncation', async () => {
    const provider = localProvider({ secret });
    const wrapped = Buffer.from((await provider.wrap(randomBytes(32), request)).bytes);
    for (let at = 0; at < wrapped.length; at += 1) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(provider.unwrap(changed, request)).rejects.toEqual(wrongKey);
      await expect(provider.unwrap(wrapped.subarray(0, at), request)).rejects.toEqual(wrongKey);
    }
  });

  test('takes no secret shorter than 32 bytes', () => {
    expect(() => localProvider({ secret: Buffer.alloc(31) })).toThrow(RangeError);
  });

  test('serves an engine', async () => {
    const { engine } = harness({ provider: localProvider({ secret }) });
    const envelope = await engine.encrypt(Buffer.from('body'), { workspace: 'acme' });
    expect(String(await engine.decrypt(envelope, { workspace: 'acme' }))).toBe('body');
    expect(await engine.validate('acme')).toEqual({ ok: true, state: 'active' });
  });
});
