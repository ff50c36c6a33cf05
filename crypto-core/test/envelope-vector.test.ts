import { createCipheriv, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEngine, memoryDirectory } from '../src/index.ts';
import { ManualRuntime } from './support.ts';

// The example of docs/format.md, version 1: DEK 00..1f, made at 2026-01-05T09:00:00Z, nonce 00..0b.
const vector = {
  workspace: 'acme',
  context: { 'row-id': '42', Ärger: 'grün' },
  keyUri: 'local:key/1',
  edek: Buffer.from('e0e1e2e3e4e5e6e7', 'hex'),
  dekId: Buffer.from('019b8d627a80060708090a0b0c0d0e0f', 'hex'),
  plaintext: Buffer.from('high water at noon'),
  envelope: [
    '4b540101019b8d627a80060708090a0b0c0d0e0f17954ebb3c5861229d8aa1c151e53f030b25d414b1c1bbdbc741e52d',
    'a302b7df000b6c6f63616c3a6b65792f310008e0e1e2e3e4e5e6e7000102030405060708090a0bbe0290a4f3f5e464de',
    '35845cdd882d813742a4d89b71007e04857d32323faefaf1f8',
  ].join(''),
};

const counting = (length: number) => Buffer.from(Array.from({ length }, (_, at) => at));

function engineOfTheVector() {
  const runtime = new ManualRuntime();
  runtime.fill = (buffer) => buffer.set(counting(256).subarray(0, Math.min(256, buffer.length)));
  return createEngine({
    provider: {
      name: 'fixed',
      wrap: async () => ({ bytes: vector.edek }),
      unwrap: async () => ({ bytes: counting(32) }),
    },
    keyFor: () => vector.keyUri,
    directory: memoryDirectory(),
    process: 'vector',
    runtime,
  });
}

/** The envelope by docs/format.md alone, without any code of the engine. */
function envelopeByTheBook(): Buffer {
  const okm = Buffer.from(hkdfSync('sha512', counting(32), vector.dekId, 'keytide/v1', 64));
  const uint = (bytes: number, value: number) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
  const sized = (bytes: number, text: string | Buffer) =>
    Buffer.concat([uint(bytes, Buffer.byteLength(text)), Buffer.from(text)]);
  const header = Buffer.concat([
    Buffer.from('4b540101', 'hex'),
    vector.dekId,
    okm.subarray(32),
    sized(2, vector.keyUri),
    sized(2, vector.edek),
  ]);
  const entries = [
    ['', vector.workspace],
    ['row-id', '42'],
    ['Ärger', 'grün'],
  ].flatMap(([name = '', value = '']) => [sized(4, name), sized(4, value)]);
  const nonce = counting(12);
  const cipher = createCipheriv('aes-256-gcm', okm.subarray(0, 32), nonce);
  cipher.setAAD(Buffer.concat([header, uint(4, 3), ...entries]));
  const body = Buffer.concat([cipher.update(vector.plaintext), cipher.final()]);
  return Buffer.concat([header, nonce, body, cipher.getAuthTag()]);
}

const binding = { workspace: vector.workspace, context: vector.context };

describe('the format vector', () => {
  test('is what docs/format.md gives', () => {
    expect(envelopeByTheBook().toString('hex')).toBe(vector.envelope);
  });

  test('is what the engine writes', async () => {
    const envelope = await engineOfTheVector().encrypt(vector.plaintext, binding);
    expect(Buffer.from(envelope).toString('hex')).toBe(vector.envelope);
  });

  test('is opened by the engine', async () => {
    const envelope = Buffer.from(vector.envelope, 'hex');
    expect(await engineOfTheVector().decrypt(envelope, binding)).toEqual(vector.plaintext);
  });
});
