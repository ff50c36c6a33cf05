/** A stream's preamble never opens as an envelope, and no envelope is accepted as a preamble. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Engine, parseEnvelope } from '../src/index.ts';
import { frameByTheBook, hex, sized } from './by-the-book.ts';
import { codeOf, coldPeer, harness } from './support.ts';

const binding = { workspace: 'acme', context: { file: '1' } };
const body = Buffer.from('a body that flows');

async function throughStream(bytes: Uint8Array, stream: ReturnType<Engine['sealStream']>) {
  const out = new Blob([Buffer.from(bytes)]).stream().pipeThrough(stream);
  return Buffer.from(await new Response(out).arrayBuffer());
}

const sealed = (engine: Engine) => throughStream(body, engine.sealStream(binding));
const opened = (engine: Engine, stream: Uint8Array) =>
  throughStream(stream, engine.openStream(binding));
const preambleOf = (stream: Buffer) => stream.subarray(8, 8 + stream.readUInt32BE(4));

/** A forged stream: its preamble is an envelope that somebody with access to `encrypt` made. */
async function forged(engine: Engine, head: string): Promise<Buffer> {
  const streamKey = randomBytes(32);
  const chosen = Buffer.concat([streamKey, Buffer.from([0, 0, 4, 0])]);
  const preamble = Buffer.from(await engine.encrypt(chosen, binding));
  const about = { streamKey: streamKey.toString('hex'), number: 0, isLast: true };
  const frame = frameByTheBook(about, Buffer.from('forged'));
  return Buffer.concat([hex(head), sized(4, preamble), frame]);
}

describe('a stream', () => {
  test('is written in version 2, and its preamble has the layout of an envelope', async () => {
    const { engine } = harness();
    const stream = await sealed(engine);
    expect(stream.subarray(0, 4)).toEqual(hex('4b545302'));
    expect(parseEnvelope(preambleOf(stream)).ciphertext).toHaveLength(36);
    expect(await opened(engine, stream)).toEqual(body);
  });

  test('hands its key out to no decrypt, held or not', async () => {
    const writer = harness();
    const stream = await sealed(writer.engine);
    for (const { engine } of [writer, coldPeer(writer)]) {
      const preamble = preambleOf(stream);
      expect(await codeOf(engine.decrypt(preamble, binding))).toBe('authentication-failed');
      const many = engine.decryptMany([preamble], binding);
      expect(await codeOf(many)).toBe('authentication-failed');
      expect(await opened(engine, stream)).toEqual(body);
    }
  });

  test('is forged by no encrypt: an envelope is no preamble of version 2', async () => {
    const { engine } = harness();
    expect(await codeOf(opened(engine, await forged(engine, '4b545302')))).toBe(
      'authentication-failed',
    );
  });

  test('of version 2 is none of version 1, and the reverse', async () => {
    const { engine } = harness();
    const stream = await sealed(engine);
    stream[3] = 1;
    expect(await codeOf(opened(engine, stream))).toBe('authentication-failed');
  });

  test('of version 1 opens, forged or not, unless streamVersionMin forbids it', async () => {
    const lenient = harness();
    const stream = await forged(lenient.engine, '4b545301');
    expect((await opened(lenient.engine, stream)).toString()).toBe('forged');
    const strict = coldPeer(lenient, { streamVersionMin: 2 });
    const calls = strict.kms.seen.length;
    expect(await codeOf(opened(strict.engine, stream))).toBe('unsupported-format');
    expect(strict.kms.seen).toHaveLength(calls);
    expect(await opened(strict.engine, await sealed(lenient.engine))).toEqual(body);
  });

  test('stops at close() and where its DEK was denied, whoever holds its bytes', async () => {
    const { engine, kms } = harness();
    const stream = await sealed(engine);
    const opening = engine.openStream(binding);
    const writer = opening.writable.getWriter();
    const reader = opening.readable.getReader();
    const failed = reader.read().catch((error: unknown) => error);
    await writer.write(stream.subarray(0, -1));
    kms.always('Decrypt', 'denied');
    await engine.validate('acme');
    writer.write(stream.subarray(-1)).catch(() => {});
    writer.close().catch(() => {});
    expect(await failed).toMatchObject({ code: 'denied' });
  });
});
