/**
 * Every use of cryptography on bodies: DEK expansion, sealing, opening, and the context's canonical bytes.
 * Keys are plain buffers of our own so that they can be zeroised. docs/format.md is the contract.
 */
import { createCipheriv, createDecipheriv, hkdfSync, timingSafeEqual } from 'node:crypto';
import { nonceBytes, type ParsedEnvelope, tagBytes } from './envelope.ts';
import { authenticationFailed } from './errors.ts';

const algorithm = 'aes-256-gcm';
const info = Buffer.from('keytide/v1');
export const dekBytes = 32;

/** What a DEK is expanded to: 32 bytes each. `dataKey` is secret. */
export interface ExpandedDek {
  dataKey: Buffer;
  commitment: Buffer;
}

/** Expands a DEK and zeroises it; the caller owns `dataKey` and zeroises it in turn. */
export function expandDek(dek: Uint8Array, dekId: Uint8Array): ExpandedDek {
  const okm = new Uint8Array(hkdfSync('sha512', dek, dekId, info, 64));
  const dataKey = Buffer.allocUnsafeSlow(32);
  dataKey.set(okm.subarray(0, 32));
  const commitment = Buffer.from(okm.subarray(32));
  okm.fill(0);
  dek.fill(0);
  return { dataKey, commitment };
}

/** Constant-time comparison of two commitments. */
export function commitmentsEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The whole envelope for `plaintext` under a DEK whose header and data key are given. */
export function seal(options: {
  header: Buffer;
  dataKey: Buffer;
  context: Buffer;
  plaintext: Uint8Array;
  nonce: Uint8Array;
}): Buffer {
  const { header, plaintext, nonce } = options;
  const cipher = createCipheriv(algorithm, options.dataKey, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.concat([header, options.context]));
  const body = cipher.update(plaintext);
  cipher.final();
  const envelope = Buffer.allocUnsafe(header.length + nonceBytes + body.length + tagBytes);
  envelope.set(header, 0);
  envelope.set(nonce, header.length);
  envelope.set(body, header.length + nonceBytes);
  envelope.set(cipher.getAuthTag(), header.length + nonceBytes + body.length);
  return envelope;
}

/** @throws the one authentication error when anything about the envelope or context is not genuine. */
export function open(envelope: ParsedEnvelope, dataKey: Buffer, context: Buffer): Buffer {
  const decipher = createDecipheriv(algorithm, dataKey, envelope.nonce, {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.concat([envelope.header, context]));
  decipher.setAuthTag(envelope.tag);
  const plaintext = decipher.update(envelope.ciphertext);
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw authenticationFailed();
  }
  return plaintext;
}

const contextBytesMax = 64 * 1024;
const contextEntriesMax = 64;

/**
 * Canonical bytes of the workspace and the caller's context, as docs/format.md says.
 * @throws {TypeError} naming the option for anything but strings; {RangeError} past 64 entries or 64 KiB.
 */
export function encodeContext(
  workspace: string,
  context: Readonly<Record<string, string>> = {},
): Buffer {
  const names = Object.keys(context);
  if (names.length >= contextEntriesMax)
    throw new RangeError(`context may hold at most ${contextEntriesMax - 1} entries`);
  const entries = names.map((name) => {
    const value = context[name];
    if (typeof value !== 'string') throw new TypeError(`context['${name}'] must be a string`);
    if (name === '') throw new TypeError('context may not hold an empty name');
    // Lone surrogates all become U+FFFD: two contexts would have the same bytes.
    if (!name.isWellFormed() || !value.isWellFormed())
      throw new TypeError('context must hold well-formed strings');
    return [Buffer.from(name), Buffer.from(value)] as const;
  });
  entries.sort(([a], [b]) => Buffer.compare(a, b));
  const parts = [uint32(names.length + 1)];
  for (const [name, value] of [[Buffer.alloc(0), Buffer.from(workspace)] as const, ...entries]) {
    parts.push(uint32(name.length), name, uint32(value.length), value);
  }
  const bytes = Buffer.concat(parts);
  if (bytes.length > contextBytesMax)
    throw new RangeError(`context may be at most ${contextBytesMax} bytes`);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Fresh 96-bit nonces, drawn from the random source in blocks because single draws are slow. */
export class NoncePool {
  readonly #block = Buffer.allocUnsafeSlow(nonceBytes * 512);
  readonly #fill: (buffer: Uint8Array) => void;
  #at = this.#block.length;

  constructor(fill: (buffer: Uint8Array) => void) {
    this.#fill = fill;
  }

  /** A view that is overwritten 512 nonces later: copy it to keep it. */
  next(): Buffer {
    if (this.#at === this.#block.length) {
      this.#fill(this.#block);
      this.#at = 0;
    }
    this.#at += nonceBytes;
    return this.#block.subarray(this.#at - nonceBytes, this.#at);
  }
}
