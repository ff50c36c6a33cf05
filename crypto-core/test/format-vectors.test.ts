/** Checks docs/format-vectors.json against an independent implementation of docs/format.md, and against the engine. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Binding, createEngine, type Engine, memoryDirectory } from '../src/index.ts';
import { envelopeByTheBook, hex, type StreamSealing, streamByTheBook } from './by-the-book.ts';
import { codeOf, ManualRuntime } from './support.ts';

/** Bytes are hex. */
interface Vector extends Omit<StreamSealing, 'streamKey' | 'frameBytes'> {
  name: string;
  plaintext: string;
  envelope: string;
}

/** A vector that differs by one change from the one it names; absent fields are the same. */
interface FailingVector extends Partial<Pick<Vector, 'workspace' | 'context' | 'dek'>> {
  name: string;
  of: string;
  envelope?: string;
  code: string;
}

interface StreamVector extends StreamSealing {
  name: string;
  plaintext: string;
  stream: string;
}

interface FailingStream extends Partial<Pick<StreamVector, 'workspace' | 'context' | 'dek'>> {
  name: string;
  of: string;
  stream?: string;
  /** Parts `[from, to)` of the stream, or of the named vector's stream, in this order. */
  take?: [from: number, to: number, of?: string][];
  replace?: [at: number, bytes: string];
  /** At most so many bytes of the body may come out before it fails. */
  released: number;
  code: string;
}

const file = new URL('../docs/format-vectors.json', import.meta.url);
const parsed: VectorFile = JSON.parse(readFileSync(file, 'utf8'));
const { vectors, failing, ...about } = parsed;
/** Streams of each version, oldest first. */
const versions = [
  { version: 1, streams: parsed.streams, failingStreams: parsed.failingStreams },
  { version: 2, streams: parsed.streamsVersion2, failingStreams: parsed.failingStreamsVersion2 },
] as const;
const streams = versions.flatMap((one) => one.streams);
const failingStreams = versions.flatMap((one) => one.failingStreams);
const newest = versions[1];
interface VectorFile {
  version: number;
  suite: number;
  vectors: Vector[];
  failing: FailingVector[];
  streams: StreamVector[];
  failingStreams: FailingStream[];
  streamsVersion2: StreamVector[];
  failingStreamsVersion2: FailingStream[];
}

/** The binding of a vector. */
const bindingOf = ({ workspace, context }: Binding) => ({ workspace, context: context ?? {} });

/** An engine whose KMS, randomness and clock give the values of the vector. */
function engineOf(vector: Omit<StreamSealing, 'streamKey' | 'frameBytes'>, streamKey?: string) {
  const runtime = new ManualRuntime();
  runtime.wall = hex(vector.dekId).readUIntBE(0, 6);
  const dekId = hex(vector.dekId);
  // The key of a stream is drawn before the DEK that seals it.
  const keys = [...(streamKey === undefined ? [] : [streamKey]), vector.dek];
  runtime.fill = (buffer) => {
    const key = buffer.length === 32 ? keys.shift() : undefined;
    if (key !== undefined) buffer.set(hex(key));
    else if (buffer.length === dekId.length) buffer.set(dekId);
    else buffer.set(Buffer.alloc(buffer.length, vector.nonce, 'hex'));
  };
  return createEngine({
    provider: {
      name: 'fixed',
      wrap: async () => ({ bytes: hex(vector.edek) }),
      unwrap: async () => ({ bytes: hex(vector.dek) }),
    },
    keyFor: () => vector.keyUri,
    directory: memoryDirectory(),
    process: 'vectors',
    runtime,
  });
}

const named = <T extends { name: string }>(list: T[]) =>
  list.map((one) => [one.name, one] as const);

describe('a vector of docs/format-vectors.json', () => {
  test('covers every part of the format, in a file of version 1', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(6);
    expect(streams.length).toBeGreaterThanOrEqual(6);
    const all = [...vectors, ...failing, ...streams, ...failingStreams];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(about).toMatchObject({ version: 1, suite: 1 });
  });

  test.each(named(vectors))('%s: is what docs/format.md gives', (_, vector) => {
    expect(envelopeByTheBook(vector, hex(vector.plaintext)).toString('hex')).toBe(vector.envelope);
  });

  test.each(named(vectors))('%s: is what the engine writes', async (_, vector) => {
    const written = await engineOf(vector).encrypt(hex(vector.plaintext), bindingOf(vector));
    expect(Buffer.from(written).toString('hex')).toBe(vector.envelope);
  });

  test.each(named(vectors))('%s: opens', async (_, vector) => {
    const opened = await engineOf(vector).decrypt(hex(vector.envelope), bindingOf(vector));
    expect(Buffer.from(opened).toString('hex')).toBe(vector.plaintext);
  });
});

describe('a failing vector of docs/format-vectors.json', () => {
  test('stands for each kind of refusal', () => {
    expect(failing.length).toBeGreaterThanOrEqual(25);
    expect(failingStreams.length).toBeGreaterThanOrEqual(40);
    for (const list of [failing, failingStreams]) {
      expect([...new Set(list.map(({ code }) => code))].sort()).toEqual([
        'authentication-failed',
        'unsupported-format',
      ]);
    }
  });

  test.each(named(failing))('%s: is refused', async (_, { name, of, code, ...change }) => {
    const base = vectors.find((one) => one.name === of);
    if (base === undefined) throw new Error(`${name} is of no vector`);
    // It must fail because of its one change: without the change it opens.
    expect(Object.keys(change)).toHaveLength(1);
    expect({ ...base, ...change }).not.toEqual(base);
    const changed = { ...base, ...change };
    const opening = engineOf(changed).decrypt(hex(changed.envelope), bindingOf(changed));
    expect(await codeOf(opening)).toBe(code);
  });
});

/** What comes out of a stream for these chunks, and the code of the error that ended it. */
async function throughStream(
  stream: ReturnType<Engine['openStream']>,
  pieces: readonly Uint8Array[],
): Promise<{ out: Buffer; code: string | undefined }> {
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  const writing = (async () => {
    for (const piece of pieces) await writer.write(piece);
    await writer.close();
  })().catch(() => undefined);
  const out: Uint8Array[] = [];
  let code: string | undefined;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      out.push(next.value);
  } catch (error) {
    code = String(Reflect.get(Object(error), 'code'));
  }
  await writing;
  return { out: Buffer.concat(out), code };
}

const piecesOf = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );

describe('a stream of docs/format-vectors.json', () => {
  test.each(
    versions.flatMap(({ version, streams }) =>
      streams.map((one) => [one.name, version, one] as const),
    ),
  )('%s: is what docs/format.md gives', (_, version, vector) => {
    const stream = streamByTheBook(vector, hex(vector.plaintext), version);
    expect(stream.toString('hex')).toBe(vector.stream);
  });

  test.each(named(newest.streams))('%s: is what the engine writes', async (_, vector) => {
    const { streamKey, frameBytes } = vector;
    for (const size of [100, 1 << 20]) {
      const sealing = engineOf(vector, streamKey).sealStream(bindingOf(vector), { frameBytes });
      const { out, code } = await throughStream(sealing, piecesOf(hex(vector.plaintext), size));
      expect(code).toBeUndefined();
      expect(out.toString('hex')).toBe(vector.stream);
    }
  });

  test.each(named(streams))('%s: opens, however it is cut', async (_, vector) => {
    for (const size of [7, 1_040, 1 << 20]) {
      const opening = engineOf(vector).openStream(bindingOf(vector));
      const { out, code } = await throughStream(opening, piecesOf(hex(vector.stream), size));
      expect(code).toBeUndefined();
      expect(out.toString('hex')).toBe(vector.plaintext);
    }
  });
});

describe('a failing stream of docs/format-vectors.json', () => {
  const streamOf = (name: string): StreamVector => {
    const found = streams.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no stream '${name}'`);
    return found;
  };

  function changedBytes(base: StreamVector, { take, replace, stream }: FailingStream): Buffer {
    if (stream !== undefined) return hex(stream);
    const bytes = hex(base.stream);
    if (replace !== undefined) bytes.set(hex(replace[1]), replace[0]);
    if (take === undefined) return bytes;
    return Buffer.concat(
      take.map(([from, to, of]) =>
        (of === undefined ? bytes : hex(streamOf(of).stream)).subarray(from, to),
      ),
    );
  }

  test.each(named(failingStreams))(
    '%s: is refused, and nothing wrong is given out',
    async (_, failure) => {
      const { name: _name, of, released, code, ...change } = failure;
      const base = streamOf(of);
      expect(Object.keys(change)).toHaveLength(1);
      const { take: _take, replace: _replace, ...binding } = change;
      const changed = { ...base, ...binding, stream: changedBytes(base, failure).toString('hex') };
      expect(changed).not.toEqual(base);
      const body = hex(base.plaintext);
      for (const size of [7, 1_040, 1 << 20]) {
        const opening = engineOf(changed).openStream(bindingOf(changed));
        const given = await throughStream(opening, piecesOf(hex(changed.stream), size));
        expect(given.code).toBe(code);
        if (size === 7) expect(given.out.length).toBe(released);
        else expect(given.out.length).toBeLessThanOrEqual(released);
        expect(given.out.equals(body.subarray(0, given.out.length))).toBe(true);
      }
    },
  );
});
