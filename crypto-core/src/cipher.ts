/**
 * Every use of cryptography on bodies: DEK expansion, sealing and opening. docs/format.md is the contract.
 */
import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { blockMemory } from './block-memory.ts';
import { type Envelope, nonceBytes, tagBytes } from './envelope.ts';
import { authenticationFailed } from './errors.ts';

const algorithm = 'aes-256-gcm';
const tagLength = { authTagLength: tagBytes };
const info = Buffer.from('keytide/v1');
export const dekBytes = 32;

/** What a DEK is expanded to: 32 bytes each. `dataKey` is secret. */
export interface ExpandedDek {
  dataKey: Uint8Array;
  commitment: Uint8Array;
}

/** Memory for a secret: off V8's heap, so that zeroising it leaves no copy. */
export const secretBuffer = blockMemory(1024);

/** Expands a DEK and zeroises it; the caller owns `dataKey`, which is off V8's heap, and zeroises it in turn. */
export function expandDek(dek: Uint8Array, dekId: Uint8Array): ExpandedDek {
  const okm = hkdfSync('sha512', dek, dekId, info, 64);
  dek.fill(0);
  return { dataKey: new Uint8Array(okm, 0, 32), commitment: new Uint8Array(okm, 32) };
}

/** Constant-time comparison of two commitments. */
export function commitmentsEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** AES-256-GCM with a 96-bit nonce and a 128-bit tag: the one place where bodies are encrypted. */
export function gcmSeal(options: {
  key: KeyObject;
  nonce: Uint8Array;
  aad: Uint8Array;
  plaintext: Uint8Array;
}): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv(algorithm, options.key, options.nonce, tagLength);
  cipher.setAAD(options.aad);
  const ciphertext = cipher.update(options.plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/** Its inverse. @throws the one authentication error; nothing of the plaintext is left then. */
export function gcmOpen(options: {
  key: KeyObject;
  nonce: Uint8Array;
  aad: Uint8Array;
  ciphertext: Uint8Array;
  tag: Uint8Array;
}): Buffer {
  const { tag } = options;
  if (tag.length !== tagBytes) throw authenticationFailed();
  const decipher = createDecipheriv(algorithm, options.key, options.nonce, tagLength);
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
  key: KeyObject;
  context: Buffer;
  plaintext: Uint8Array;
  nonce: Uint8Array;
}): Buffer {
  const { header, key, plaintext, nonce } = options;
  const aad = aadOf(header, header.length, options.context);
  const { ciphertext, tag } = gcmSeal({ key, nonce, aad, plaintext });
  const bodyAt = header.length + nonceBytes;
  const envelope = Buffer.allocUnsafe(bodyAt + ciphertext.length + tagBytes);
  envelope.set(header, 0);
  envelope.set(nonce, header.length);
  envelope.set(ciphertext, bodyAt);
  envelope.set(tag, bodyAt + ciphertext.length);
  return envelope;
}

/** @throws the one authentication error when anything about the envelope or context is not genuine. */
export function open(envelope: Envelope, key: KeyObject, context: Buffer): Buffer {
  const { nonce, ciphertext, tag } = envelope;
  const aad = aadOf(envelope.bytes, envelope.headerEnd, context);
  return gcmOpen({ key, nonce, aad, ciphertext, tag });
}

/** Used again and again: what is made of it is authenticated before anything else can be. */
const aadRoom = Buffer.allocUnsafeSlow(4096);

/** The first bytes of `from`, which are a header, and the context behind them. */
function aadOf(from: Buffer, headerEnd: number, context: Buffer): Buffer {
  const length = headerEnd + context.length;
  const aad = length > aadRoom.length ? Buffer.allocUnsafe(length) : aadRoom.subarray(0, length);
  from.copy(aad, 0, 0, headerEnd);
  context.copy(aad, headerEnd);
  return aad;
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
