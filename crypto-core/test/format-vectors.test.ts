/** docs/format-vectors.json against docs/format.md written down in node:crypto, and against the engine. */
import { createCipheriv, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEngine, memoryDirectory } from '../src/index.ts';
import { codeOf, ManualRuntime } from './support.ts';

/** Bytes are hex. */
interface Vector {
  name: string;
  workspace: string;
  context: Record<string, string>;
  dek: string;
  dekId: string;
  keyUri: string;
  edek: string;
  nonce: string;
  plaintext: string;
  envelope: string;
}

/** One change away from the vector it names; what is absent is as there. */
interface FailingVector extends Partial<Pick<Vector, 'workspace' | 'context' | 'dek'>> {
  name: string;
  of: string;
  envelope?: string;
  code: string;
}

const file = new URL('../docs/format-vectors.json', import.meta.url);
const { vectors, failing }: { vectors: Vector[]; failing: FailingVector[] } = JSON.parse(
  readFileSync(file, 'utf8'),
);
const hex = (text: string) => Buffer.from(text, 'hex');

/** The envelope by docs/format.md alone, with nothing of the engine's. */
function envelopeByTheBook(vector: Vector): string {
  const uint = (bytes: number, value: number) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
  const sized = (lengthBytes: number, content: Buffer) =>
    Buffer.concat([uint(lengthBytes, content.length), content]);
  const dekId = hex(vector.dekId);
  const okm = Buffer.from(hkdfSync('sha512', hex(vector.dek), dekId, 'keytide/v1', 64));
  const header = Buffer.concat([
    hex('4b540101'),
    dekId,
    okm.subarray(32),
    sized(2, Buffer.from(vector.keyUri)),
    sized(2, hex(vector.edek)),
  ]);
  const callers = Object.entries(vector.context)
    .map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const)
    .sort(([a], [b]) => a.compare(b));
  const entries = [[Buffer.alloc(0), Buffer.from(vector.workspace)] as const, ...callers];
  const context = entries.flatMap(([name, value]) => [sized(4, name), sized(4, value)]);
  const cipher = createCipheriv('aes-256-gcm', okm.subarray(0, 32), hex(vector.nonce));
  cipher.setAAD(Buffer.concat([header, uint(4, entries.length), ...context]));
  const body = Buffer.concat([cipher.update(hex(vector.plaintext)), cipher.final()]);
  return Buffer.concat([header, hex(vector.nonce), body, cipher.getAuthTag()]).toString('hex');
}

/** An engine whose KMS, randomness and clock give what the vector fixes. */
function engineOf(vector: Vector) {
  const runtime = new ManualRuntime();
  runtime.wall = hex(vector.dekId).readUIntBE(0, 6);
  const drawn = new Map([vector.dek, vector.dekId].map((text) => [text.length / 2, hex(text)]));
  runtime.fill = (buffer) => {
    buffer.set(drawn.get(buffer.length) ?? Buffer.alloc(buffer.length, vector.nonce, 'hex'));
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
    expect(new Set([...vectors, ...failing].map(({ name }) => name)).size).toBe(
      vectors.length + failing.length,
    );
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1, suite: 1 });
  });

  test.each(named(vectors))('%s: is what docs/format.md gives', (_, vector) => {
    expect(envelopeByTheBook(vector)).toBe(vector.envelope);
  });

  test.each(named(vectors))('%s: is what the engine writes', async (_, vector) => {
    const written = await engineOf(vector).encrypt(hex(vector.plaintext), vector);
    expect(Buffer.from(written).toString('hex')).toBe(vector.envelope);
  });

  test.each(named(vectors))('%s: opens', async (_, vector) => {
    const opened = await engineOf(vector).decrypt(hex(vector.envelope), vector);
    expect(Buffer.from(opened).toString('hex')).toBe(vector.plaintext);
  });
});

describe('a failing vector of docs/format-vectors.json', () => {
  test('stands for each kind of refusal', () => {
    expect(failing.length).toBeGreaterThanOrEqual(25);
    expect([...new Set(failing.map(({ code }) => code))].sort()).toEqual([
      'authentication-failed',
      'unsupported-format',
    ]);
  });

  test.each(named(failing))('%s: is refused', async (_, { name, of, code, ...change }) => {
    const base = vectors.find((one) => one.name === of);
    if (base === undefined) throw new Error(`${name} is of no vector`);
    // It must fail for its one change: without it, it is the vector that opens.
    expect(Object.keys(change)).toHaveLength(1);
    expect({ ...base, ...change }).not.toEqual(base);
    const changed = { ...base, ...change };
    expect(await codeOf(engineOf(changed).decrypt(hex(changed.envelope), changed))).toBe(code);
  });
});
