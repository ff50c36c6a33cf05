/**
 * Every use of cryptography on bodies: DEK expansion, sealing, opening, and the context's canonical bytes.
 * Keys are buffers of our own so that they can be zeroised. docs/format.md is the contract.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { blockMemory } from './block-memory.ts';
import { nonceBytes, type ParsedEnvelope, tagBytes } from './envelope.ts';
import { authenticationFailed } from './errors.ts';

const algorithm = 'aes-256-gcm';
const tagLength = { authTagLength: tagBytes };
const info = Buffer.from('keytide/v1');
export const dekBytes = 32;

/** What a DEK is expanded to: 32 bytes each. `dataKey` is secret. */
export interface ExpandedDek {
  dataKey: Buffer;
  commitment: Buffer;
}

/** Memory for a secret: off V8's heap, so that zeroising it leaves no copy. */
export const secretBuffer = blockMemory(1024);

/** Expands a DEK and zeroises it; the caller owns `dataKey` and zeroises it in turn. */
export function expandDek(dek: Uint8Array, dekId: Uint8Array): ExpandedDek {
  const okm = new Uint8Array(hkdfSync('sha512', dek, dekId, info, 64));
  const dataKey = secretBuffer(32);
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

/**
 * OpenSSL's own copies of the data keys last used, oldest first: giving it a buffer each time costs three times the
 * rest, and a copy of every key much memory. It wipes a copy when that is collected, some time after it left here.
 */
const keyObjects = new Map<Buffer, KeyObject>();
const keyObjectsMax = 1024;

function keyObjectOf(dataKey: Buffer): KeyObject {
  const known = keyObjects.get(dataKey);
  if (known !== undefined) return known;
  for (const oldest of keyObjects.keys()) {
    if (keyObjects.size < keyObjectsMax) break;
    keyObjects.delete(oldest);
  }
  const key = createSecretKey(dataKey);
  keyObjects.set(dataKey, key);
  return key;
}

/** Zeroises a data key and lets go of OpenSSL's copy: what was ever used must end here. */
export function eraseDataKey(dataKey: Buffer): void {
  dataKey.fill(0);
  keyObjects.delete(dataKey);
}

/** AES-256-GCM with a 96-bit nonce and a 128-bit tag: the one place where bodies are encrypted. */
export function gcmSeal(options: {
  dataKey: Buffer;
  nonce: Uint8Array;
  aad: Uint8Array;
  plaintext: Uint8Array;
}): { ciphertext: Buffer; tag: Buffer } {
  const { dataKey, nonce } = options;
  const cipher = createCipheriv(algorithm, keyObjectOf(dataKey), nonce, tagLength);
  cipher.setAAD(options.aad);
  const ciphertext = cipher.update(options.plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/** Its inverse. @throws the one authentication error; nothing of the plaintext is left then. */
export function gcmOpen(options: {
  dataKey: Buffer;
  nonce: Uint8Array;
  aad: Uint8Array;
  ciphertext: Uint8Array;
  tag: Uint8Array;
}): Buffer {
  const { dataKey, nonce, tag } = options;
  if (tag.length !== tagBytes) throw authenticationFailed();
  const decipher = createDecipheriv(algorithm, keyObjectOf(dataKey), nonce, tagLength);
  decipher.setAAD(options.aad);
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(options.ciphertext);
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw authenticationFailed();
  }
  return plaintext;
}

/** The whole envelope for `plaintext` under a DEK whose header and data key are given. */
export function seal(options: {
  header: Buffer;
  dataKey: Buffer;
  context: Buffer;
  plaintext: Uint8Array;
  nonce: Uint8Array;
}): Buffer {
  const { header, dataKey, plaintext, nonce } = options;
  const aad = Buffer.concat([header, options.context]);
  const { ciphertext, tag } = gcmSeal({ dataKey, nonce, aad, plaintext });
  const bodyAt = header.length + nonceBytes;
  const envelope = Buffer.allocUnsafe(bodyAt + ciphertext.length + tagBytes);
  envelope.set(header, 0);
  envelope.set(nonce, header.length);
  envelope.set(ciphertext, bodyAt);
  envelope.set(tag, bodyAt + ciphertext.length);
  return envelope;
}

/** @throws the one authentication error when anything about the envelope or context is not genuine. */
export function open(envelope: ParsedEnvelope, dataKey: Buffer, context: Buffer): Buffer {
  const { nonce, ciphertext, tag } = envelope;
  const aad = Buffer.concat([envelope.header, context]);
  return gcmOpen({ dataKey, nonce, aad, ciphertext, tag });
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
  if (!isRecord(context)) throw new TypeError('context must be a plain object of strings');
  const names = Object.keys(context);
  if (names.length >= contextEntriesMax)
    throw new RangeError(`context may hold at most ${contextEntriesMax - 1} entries`);
  if (names.length > 1) names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const texts = ['', workspace];
  for (const name of names) {
    const value = context[name];
    if (typeof value !== 'string') throw new TypeError(`context['${name}'] must be a string`);
    if (name === '') throw new TypeError('context may not hold an empty name');
    // Lone surrogates all become U+FFFD: two contexts would have the same bytes.
    if (!name.isWellFormed() || !value.isWellFormed())
      throw new TypeError('context must hold well-formed strings');
    texts.push(name, value);
  }
  let length = 4;
  for (const text of texts) length += 4 + Buffer.byteLength(text);
  if (length > contextBytesMax)
    throw new RangeError(`context may be at most ${contextBytesMax} bytes`);
  const bytes = Buffer.allocUnsafe(length);
  let at = bytes.writeUInt32BE(names.length + 1, 0);
  for (const text of texts) {
    const written = bytes.write(text, at + 4);
    bytes.writeUInt32BE(written, at);
    at += 4 + written;
  }
  return bytes;
}

/** A Map, an array or a string would lose its entries or gain others. */
function isRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
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
