/** The envelope's bytes, exactly as docs/format.md says. No cryptography and no policy here. */
import { isUtf8 } from 'node:buffer';
import { authenticationFailed, CryptoCoreError } from './errors.ts';

export const nonceBytes = 12;
export const tagBytes = 16;
const dekIdBytes = 16;
const commitmentBytes = 32;
export const keyUriBytesMax = 2048;
export const edekBytesMax = 8192;
const fixedBytes = 4 + dekIdBytes + commitmentBytes;

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
  header: Buffer;
  nonce: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
}

/** @throws {RangeError} where a part is longer than the format holds. */
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
  header.set(parts.dekId, 4);
  header.set(parts.commitment, 4 + dekIdBytes);
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
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  const headerEnd = headerLength(bytes);
  const bodyEnd = bytes.length - tagBytes;
  if (bodyEnd < headerEnd + nonceBytes) throw authenticationFailed();
  return {
    ...partsOf(bytes),
    header: bytes.subarray(0, headerEnd),
    nonce: bytes.subarray(headerEnd, headerEnd + nonceBytes),
    ciphertext: bytes.subarray(headerEnd + nonceBytes, bodyEnd),
    tag: bytes.subarray(bodyEnd),
  };
}

/** A header alone, as a directory keeps it. Throws as `parseEnvelope`. */
export function parseHeader(header: Uint8Array): EnvelopeHeader {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (headerLength(bytes) !== bytes.length) throw authenticationFailed();
  return partsOf(bytes);
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
  const keyUriLength = bytes.readUInt16BE(fixedBytes);
  const edekAt = fixedBytes + 2 + keyUriLength;
  if (keyUriLength < 1 || keyUriLength > keyUriBytesMax || bytes.length < edekAt + 2) {
    throw authenticationFailed();
  }
  const edekLength = bytes.readUInt16BE(edekAt);
  const end = edekAt + 2 + edekLength;
  if (edekLength < 1 || edekLength > edekBytesMax || bytes.length < end)
    throw authenticationFailed();
  // Without this, a key URI that is no UTF-8 would parse but not serialize to the same bytes.
  if (!isUtf8(bytes.subarray(fixedBytes + 2, edekAt))) throw authenticationFailed();
  return end;
}

function partsOf(bytes: Buffer): EnvelopeHeader {
  const keyUriLength = bytes.readUInt16BE(fixedBytes);
  const edekAt = fixedBytes + 2 + keyUriLength;
  return {
    dekId: bytes.subarray(4, 4 + dekIdBytes),
    commitment: bytes.subarray(4 + dekIdBytes, fixedBytes),
    keyUri: bytes.toString('utf8', fixedBytes + 2, edekAt),
    edek: bytes.subarray(edekAt + 2, edekAt + 2 + bytes.readUInt16BE(edekAt)),
  };
}

/** Whether two headers commit to one DEK, whatever else they say. */
export function sameCommitment(a: Buffer, b: Buffer): boolean {
  const from = 4 + dekIdBytes;
  return a === b || a.compare(b, from, fixedBytes, from, fixedBytes) === 0;
}

/** The DEK id of a parsed header as it is named in telemetry and logs: 32 hex digits. */
export function dekIdText(dekId: Uint8Array): string {
  return Buffer.from(dekId.buffer, dekId.byteOffset, dekId.byteLength).toString('hex');
}
