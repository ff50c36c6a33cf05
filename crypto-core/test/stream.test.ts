import { Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEngine, type Engine, memoryDirectory } from '../src/index.ts';
import { localProvider } from '../src/providers/local.ts';
import { hourMs, ManualRuntime } from './support.ts';

const frameBytes = 1024;
const whole = frameBytes + 16;
const binding = { workspace: 'acme', context: { file: 'a' } };
const secret = Buffer.alloc(32, 7);

function newEngine(runtime = new ManualRuntime()): { engine: Engine; runtime: ManualRuntime } {
  const engine = createEngine({
    process: 'p1',
    provider: localProvider({ secret }),
    keyFor: () => 'local:key',
    directory: memoryDirectory(),
    runtime,
  });
  return { engine, runtime };
}

/** What comes out of a stream for these chunks. */
async function through(
  stream: TransformStream<Uint8Array, Uint8Array>,
  pieces: Iterable<Uint8Array>,
): Promise<Buffer> {
  return buffer(Readable.toWeb(Readable.from(pieces)).pipeThrough(stream as never) as never);
}

const sealed = (engine: Engine, body: Uint8Array) =>
  through(engine.sealStream(binding, { frameBytes }), [body]);

/** All chunks that came out before the end or an error. */
async function released(engine: Engine, bytes: Uint8Array): Promise<{ out: Buffer; code: string }> {
  const stream = engine.openStream(binding);
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  const writing = (async () => {
    await writer.write(bytes);
    await writer.close();
  })().catch(() => undefined);
  const parts: Uint8Array[] = [];
  let code = 'none';
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      parts.push(next.value);
  } catch (error) {
    code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
  await writing;
  return { out: Buffer.concat(parts), code };
}

const bodyOf = (length: number) => Buffer.from(Array.from({ length }, (_, at) => (at * 31) % 251));
const preambleBytes = (stream: Buffer) => 8 + stream.readUInt32BE(4);

describe('streams', () => {
  test('give back what was sealed, whatever its length and however it is cut', async () => {
    const { engine } = newEngine();
    const lengths = fc.constantFrom(
      0,
      1,
      frameBytes - 1,
      frameBytes,
      frameBytes + 1,
      5 * frameBytes,
      5_000,
    );
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 3_000 }), async (length, piece) => {
        const body = bodyOf(length);
        const stream = await sealed(engine, body);
        const pieces = [];
        for (let at = 0; at < stream.length; at += piece)
          pieces.push(stream.subarray(at, at + piece));
        expect(Buffer.compare(await through(engine.openStream(binding), pieces), body)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('are Node streams by Duplex.fromWeb', async () => {
    const { engine } = newEngine();
    const body = bodyOf(200_000);
    const chunks: Buffer[] = [];
    await pipeline(
      Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]),
      Duplex.fromWeb(engine.sealStream(binding) as never),
      Duplex.fromWeb(engine.openStream(binding) as never),
      async (source) => {
        for await (const chunk of source) chunks.push(chunk);
      },
    );
    expect(Buffer.compare(Buffer.concat(chunks), body)).toBe(0);
  });

  test('cut off anywhere give out whole verified frames and then the one error', async () => {
    const { engine } = newEngine();
    const body = bodyOf(3 * frameBytes + 100);
    const stream = await sealed(engine, body);
    for (let length = 0; length < stream.length; length += 37) {
      const { out, code } = await released(engine, stream.subarray(0, length));
      expect(code).toBe('authentication-failed');
      expect(out.length % frameBytes).toBe(0);
      expect(Buffer.compare(out, body.subarray(0, out.length))).toBe(0);
    }
  });

  test('with any byte changed are refused, and nothing wrong is given out', async () => {
    const { engine } = newEngine();
    const body = bodyOf(2 * frameBytes + 10);
    const stream = await sealed(engine, body);
    for (let at = 0; at < stream.length; at += 13) {
      const changed = Buffer.from(stream);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const { out, code } = await released(engine, changed);
      expect(['authentication-failed', 'unsupported-format']).toContain(code);
      expect(Buffer.compare(out, body.subarray(0, out.length))).toBe(0);
    }
  });

  test('with frames swapped, repeated, left out or taken from another stream are refused', async () => {
    const { engine } = newEngine();
    const stream = await sealed(engine, bodyOf(4 * frameBytes));
    const other = await sealed(engine, bodyOf(4 * frameBytes));
    const start = preambleBytes(stream);
    const head = stream.subarray(0, start);
    const frame = (of: Buffer, number: number) =>
      of.subarray(start + number * whole, start + (number + 1) * whole);
    const [a, b, c, d] = [0, 1, 2, 3].map((number) => frame(stream, number));
    const forged = [
      [b, a, c, d],
      [a, a, b, c, d],
      [a, c, d],
      [a, b, c],
      [a, frame(other, 1), c, d],
      [a, b, c, d, d],
    ];
    for (const frames of forged) {
      const bytes = Buffer.concat([head, ...frames.map((one) => one ?? Buffer.alloc(0))]);
      expect((await released(engine, bytes)).code).toBe('authentication-failed');
    }
    expect(
      (
        await released(
          engine,
          Buffer.concat([head, a, b, c, d].map((one) => one ?? Buffer.alloc(0))),
        )
      ).code,
    ).toBe('none');
  });

  test('of another workspace or context are refused', async () => {
    const { engine } = newEngine();
    const stream = await sealed(engine, bodyOf(10));
    for (const wrong of [
      { ...binding, workspace: 'other' },
      { ...binding, context: { file: 'b' } },
    ]) {
      await expect(through(engine.openStream(wrong), [stream])).rejects.toMatchObject({
        code: 'authentication-failed',
      });
    }
  });

  test('hold back at most one frame', async () => {
    const { engine } = newEngine();
    const stream = engine.sealStream(binding, { frameBytes });
    const reader = stream.readable.getReader();
    const writer = stream.writable.getWriter();
    await reader.read();
    for (let number = 0; number < 50; number += 1) {
      void writer.write(bodyOf(frameBytes));
      if (number > 0) expect((await reader.read()).value?.length).toBe(whole);
    }
    await writer.abort();
  });

  test('look their DEK up again when its lease ends, and stop when the key is gone', async () => {
    const { engine, runtime } = newEngine();
    const lookups = () => engine.totals().operations.reduce((sum, { n }) => sum + n, 0);
    const stream = engine.sealStream(binding, { frameBytes });
    const reader = stream.readable.getReader();
    const writer = stream.writable.getWriter();
    await reader.read();
    void writer.write(bodyOf(2 * frameBytes));
    await reader.read();
    expect(lookups()).toBe(1);
    runtime.advance(hourMs);
    void writer.write(bodyOf(frameBytes));
    await reader.read();
    expect(lookups()).toBe(2);
    await engine.close();
    writer.write(bodyOf(frameBytes)).catch(() => undefined);
    await expect(reader.read()).rejects.toMatchObject({ code: 'closed' });
  });

  test('refuse frames outside 1 KiB to 1 MiB and chunks that are no bytes', async () => {
    const { engine } = newEngine();
    for (const wrong of [0, 1023, 2 ** 20 + 1, 1.5]) {
      expect(() => engine.sealStream(binding, { frameBytes: wrong })).toThrow(RangeError);
    }
    await expect(through(engine.sealStream(binding), ['text' as never])).rejects.toThrow(TypeError);
  });

  test('are no envelopes, and envelopes no streams', async () => {
    const { engine } = newEngine();
    const stream = await sealed(engine, bodyOf(10));
    await expect(engine.decrypt(stream, binding)).rejects.toMatchObject({
      code: 'unsupported-format',
    });
    const envelope = await engine.encrypt(bodyOf(10), binding);
    await expect(through(engine.openStream(binding), [envelope])).rejects.toMatchObject({
      code: 'authentication-failed',
    });
  });
});
