import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CryptoCoreError, parseEnvelope, parseHeader, serializeHeader } from '../src/index.ts';

const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max });
const header = fc.record({
  dekId: bytes(16),
  commitment: bytes(32),
  keyUri: fc
    .string({ unit: 'binary', minLength: 1, maxLength: 300 })
    .filter((text) => text.isWellFormed()),
  edek: bytes(1, 300),
});

const smallest = serializeHeader({
  dekId: Buffer.alloc(16),
  commitment: Buffer.alloc(32),
  keyUri: 'k',
  edek: Buffer.alloc(1),
});

describe('an envelope header', () => {
  test('serializes to what parses to the same parts', () => {
    fc.assert(
      fc.property(header, (parts) => {
        const parsed = parseHeader(serializeHeader(parts));
        expect(parsed.keyUri).toBe(parts.keyUri);
        for (const name of ['dekId', 'commitment', 'edek'] as const) {
          expect(Buffer.compare(parsed[name], parts[name])).toBe(0);
        }
      }),
    );
  });

  test('parses to what serializes to the same bytes, whatever its key URI and eDEK hold', () => {
    const prefix = Buffer.concat([Buffer.from([0x4b, 0x54, 1, 1]), Buffer.alloc(48, 7)]);
    const length = (n: number) => Buffer.from([n >> 8, n & 255]);
    let parsed = 0;
    fc.assert(
      fc.property(bytes(1, 8), bytes(1, 8), (uri, edek) => {
        const raw = Buffer.concat([prefix, length(uri.length), uri, length(edek.length), edek]);
        try {
          expect(Buffer.compare(serializeHeader(parseHeader(raw)), raw)).toBe(0);
          parsed += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(CryptoCoreError);
        }
      }),
      { numRuns: 500 },
    );
    expect(parsed).toBeGreaterThan(0);
  });

  test('is refused when its key URI is no UTF-8', () => {
    const raw = Buffer.from(smallest);
    raw[54] = 0xff;
    expect(() => parseHeader(raw)).toThrow(
      expect.objectContaining({ code: 'authentication-failed' }),
    );
  });

  test('is found at the front of an envelope, byte for byte', () => {
    fc.assert(
      fc.property(header, bytes(28, 60), (parts, rest) => {
        const raw = serializeHeader(parts);
        const envelope = parseEnvelope(Buffer.concat([raw, rest]));
        expect(Buffer.compare(envelope.header, raw)).toBe(0);
        const body = Buffer.concat([envelope.nonce, envelope.ciphertext, envelope.tag]);
        expect(Buffer.compare(body, rest)).toBe(0);
      }),
    );
  });

  test('alone is refused with anything after it', () => {
    expect(() => parseHeader(Buffer.concat([smallest, Buffer.alloc(1)]))).toThrow(
      expect.objectContaining({ code: 'authentication-failed' }),
    );
  });

  test('makes an envelope of 86 bytes at least', () => {
    expect(parseEnvelope(Buffer.concat([smallest, Buffer.alloc(28)])).ciphertext).toHaveLength(0);
    expect(smallest.length + 28).toBe(86);
    expect(() => parseEnvelope(Buffer.concat([smallest, Buffer.alloc(27)]))).toThrow(
      expect.objectContaining({ code: 'authentication-failed' }),
    );
  });

  const good = { dekId: Buffer.alloc(16), commitment: Buffer.alloc(32), keyUri: 'k' };
  test.each([
    ['dekId', { ...good, edek: Buffer.alloc(1), dekId: Buffer.alloc(15) }],
    ['commitment', { ...good, edek: Buffer.alloc(1), commitment: Buffer.alloc(33) }],
    ['keyUri', { ...good, edek: Buffer.alloc(1), keyUri: '' }],
    ['keyUri', { ...good, edek: Buffer.alloc(1), keyUri: 'k'.repeat(2049) }],
    ['edek', { ...good, edek: Buffer.alloc(0) }],
    ['edek', { ...good, edek: Buffer.alloc(8193) }],
  ])('is not made where %s is outside its bounds', (name, parts) => {
    expect(() => serializeHeader(parts)).toThrow(RangeError);
    expect(() => serializeHeader(parts)).toThrow(name);
  });

  test('holds a key URI of 2048 bytes and an eDEK of 8192', () => {
    const parts = { ...good, keyUri: 'k'.repeat(2048), edek: Buffer.alloc(8192, 1) };
    expect(parseHeader(serializeHeader(parts)).edek).toHaveLength(8192);
  });

  test.each([
    ['a key URI of no bytes', 52, 0],
    ['a key URI longer than 2048 bytes', 52, 2049],
    ['an eDEK of no bytes', 55, 0],
    ['an eDEK longer than 8192 bytes', 55, 8193],
  ])('is refused with %s', (_, at, length) => {
    const raw = Buffer.concat([smallest, Buffer.alloc(9000, 0x61)]);
    raw.writeUInt16BE(length, at);
    expect(() => parseEnvelope(raw)).toThrow(
      expect.objectContaining({ code: 'authentication-failed' }),
    );
  });
});
