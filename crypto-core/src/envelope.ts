/** The envelope's bytes, exactly as docs/format.md says. No cryptography and no policy here. */
// The global `Buffer` is an accessor in Node, which every operation would call.
import { Buffer, isUtf8 } from 'node:buffer';
import { authenticationFailed, CryptoCoreError } from './errors.ts';
import { keepShapeOf } from './live-shapes.ts';

export const nonceBytes = 12;
export const tagBytes = 16;
const dekIdBytes = 16;
export const commitmentBytes = 32;
export const dekIdAt = 4;
export const commitmentAt = dekIdAt + dekIdBytes;
export const keyUriBytesMax = 2048;
export const edekBytesMax = 8192;
const fixedBytes = commitmentAt + commitmentBytes;

export interface EnvelopeHeader {
  /** 16 bytes. */
  dekId: Uint8Array;
  /** 32 bytes. */
  commitment: Uint8Array;
  keyUri: string;
  edek: Uint8Array;
}

/** An envelope's parts, as views into the bytes given. */
export interface ParsedEnvelope extends EnvelopeHeader {
  /** Everything before the nonce. */
  readonly header: Buffer;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/** @throws {RangeError} if a part is longer than the format allows */
export function serializeHeader(parts: EnvelopeHeader): Buffer {
  const keyUri = Buffer.from(parts.keyUri, 'utf8');
  if (parts.dekId.length !== dekIdBytes) throw new RangeError('dekId must be 16 bytes');
  if (parts.commitment.length !== commitmentBytes)
    throw new RangeError('commitment must be 32 bytes');
  if (keyUri.length < 1 || keyUri.length > keyUriBytesMax) {
    throw new RangeError(`keyUri must be 1 to ${keyUriBytesMax} bytes`);
  }
  if (parts.edek.length < 1 || parts.edek.length > edekBytesMax) {
    throw new RangeError(`edek must be 1 to ${edekBytesMax} bytes`);
  }
  const header = Buffer.allocUnsafe(fixedBytes + 4 + keyUri.length + parts.edek.length);
  header[0] = 0x4b;
  header[1] = 0x54;
  header[2] = 1;
  header[3] = 1;
  header.set(parts.dekId, dekIdAt);
  header.set(parts.commitment, commitmentAt);
  header.writeUInt16BE(keyUri.length, fixedBytes);
  header.set(keyUri, fixedBytes + 2);
  header.writeUInt16BE(parts.edek.length, fixedBytes + 2 + keyUri.length);
  header.set(parts.edek, fixedBytes + 4 + keyUri.length);
  return header;
}

/**
 * Splits an envelope; nothing is copied.
 * @throws {CryptoCoreError} `unsupported-format` for another version or suite, else `authentication-failed`.
 */
export function parseEnvelope(envelope: Uint8Array): ParsedEnvelope {
  const parsed = splitEnvelope(envelope);
  parsed.checkText();
  return parsed;
}

/** Does as `parseEnvelope`, but does not check the key URI, which is not needed if the DEK is held. */
export function splitEnvelope(envelope: Uint8Array): Envelope {
  const bytes = bufferOf(envelope);
  const headerEnd = headerLength(bytes);
  if (bytes.length - tagBytes < headerEnd + nonceBytes) throw authenticationFailed();
  return new Envelope(bytes, headerEnd);
}

/** Parses a header alone, as a directory keeps it. Throws as `parseEnvelope`. */
export function parseHeader(header: Uint8Array): EnvelopeHeader {
  const bytes = bufferOf(header);
  if (headerLength(bytes) !== bytes.length) throw authenticationFailed();
  const { dekId, commitment, keyUri, edek } = new Envelope(bytes, bytes.length).checkText();
  return { dekId, commitment, keyUri, edek };
}

/** Bytes of the right layout. Each view is made when it is asked for: most operations need few. */
export class Envelope implements ParsedEnvelope {
  readonly bytes: Buffer;
  readonly headerEnd: number;

  constructor(bytes: Buffer, headerEnd: number) {
    this.bytes = bytes;
    this.headerEnd = headerEnd;
  }

  /** A copy in its own memory. */
  copy(): Envelope {
    return new Envelope(Buffer.from(this.bytes), this.headerEnd);
  }

  get header(): Buffer {
    return this.bytes.subarray(0, this.headerEnd);
  }

  get dekId(): Buffer {
    return this.bytes.subarray(dekIdAt, commitmentAt);
  }

  get commitment(): Buffer {
    return this.bytes.subarray(commitmentAt, fixedBytes);
  }

  get keyUri(): string {
    return this.bytes.toString('utf8', fixedBytes + 2, this.#edekAt);
  }

  get edek(): Buffer {
    return this.bytes.subarray(this.#edekAt + 2, this.headerEnd);
  }

  get nonce(): Buffer {
    return this.bytes.subarray(this.headerEnd, this.headerEnd + nonceBytes);
  }

  get ciphertext(): Buffer {
    return this.bytes.subarray(this.headerEnd + nonceBytes, this.bytes.length - tagBytes);
  }

  get tag(): Buffer {
    return this.bytes.subarray(this.bytes.length - tagBytes);
  }

  /** Refuses a key URI that is not UTF-8: it would not serialize to the same bytes again. */
  checkText(): this {
    if (!isUtf8(this.bytes.subarray(fixedBytes + 2, this.#edekAt))) throw authenticationFailed();
    return this;
  }

  get #edekAt(): number {
    return fixedBytes + 2 + this.bytes.readUInt16BE(fixedBytes);
  }
}

keepShapeOf(new Envelope(Buffer.alloc(0), 0));

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function headerLength(bytes: Buffer): number {
  if (bytes.length < 4 || bytes[0] !== 0x4b || bytes[1] !== 0x54) throw authenticationFailed();
  if (bytes[2] !== 1 || bytes[3] !== 1) {
    throw new CryptoCoreError(
      'unsupported-format',
      `Envelope version ${bytes[2]}, suite ${bytes[3]} is not supported; this release reads version 1, suite 1. Upgrade @keytide/crypto-core.`,
    );
  }
  if (bytes.length < fixedBytes + 2) throw authenticationFailed();
  const keyUriLength = uint16At(bytes, fixedBytes);
  const edekAt = fixedBytes + 2 + keyUriLength;
  if (keyUriLength < 1 || keyUriLength > keyUriBytesMax || bytes.length < edekAt + 2) {
    throw authenticationFailed();
  }
  const edekLength = uint16At(bytes, edekAt);
  const end = edekAt + 2 + edekLength;
  if (edekLength < 1 || edekLength > edekBytesMax || bytes.length < end)
    throw authenticationFailed();
  return end;
}

/** Both bytes must exist: Node's own readers would check that again. */
const uint16At = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** The DEK id of a parsed header as it is named in telemetry and logs: 32 hex digits. */
export function dekIdText(dekId: Uint8Array): string {
  return Buffer.from(dekId.buffer, dekId.byteOffset, dekId.byteLength).toString('hex');
}
