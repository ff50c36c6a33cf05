/**
 * Every use of cryptography on bodies: DEK expansion, sealing and opening. docs/format.md is the contract.
 */
// The global `Buffer` is an accessor in Node, which every operation would call.
import { Buffer } from 'node:buffer';
import {
  createCipheriv,
  createDecipheriv,
  type DecipherGCM,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { blockMemory } from './block-memory.ts';
import { type Envelope, nonceBytes, tagBytes } from './envelope.ts';
import { authenticationFailed } from './errors.ts';
import type { DataKey } from './key-slab.ts';
import { keepShapeOf } from './live-shapes.ts';

const algorithm = 'aes-256-gcm';
const tagLength = { authTagLength: tagBytes };
const info = Buffer.from('keytide/v1');
export const dekBytes = 32;

for (const create of [createCipheriv, createDecipheriv]) {
  const cipher = create(algorithm, Buffer.alloc(dekBytes), Buffer.alloc(nonceBytes), tagLength);
  keepShapeOf(cipher);
  // Buffers that native code makes have a shape of their own.
  keepShapeOf(cipher.update(Buffer.alloc(1)));
}

/** What a DEK expands to, 32 bytes each. `dataKey` is secret. */
export interface ExpandedDek {
  dataKey: Uint8Array;
  commitment: Uint8Array;
}

/** Memory for a secret, outside V8's heap, so that zeroising it leaves no copy. */
export const secretBuffer = blockMemory(1024);

/** Expands a DEK and zeroises it. The caller must zeroise `dataKey`, which is outside V8's heap. */
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
  key: DataKey;
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

/** The inverse of `gcmSeal`. @throws the one authentication error, after zeroising the plaintext */
export function gcmOpen(options: {
  key: DataKey;
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
  return opened(decipher, options.ciphertext);
}

/** The plaintext, if the tag is right. @throws as `gcmOpen` */
function opened(decipher: DecipherGCM, ciphertext: Uint8Array): Buffer {
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw authenticationFailed();
  }
  return plaintext;
}

/** The AAD of each kind of sealed bytes begins with its own prefix, so that none is taken for another. */
const domains = {
  envelope: Buffer.alloc(0),
  /** A stream's preamble, from version 2 on. */
  stream: Buffer.from([0x4b, 0x54, 0x53, 0x02]),
} as const;
export type Domain = keyof typeof domains;

/** Seals `plaintext` into a whole envelope, under the DEK of the header. */
export function seal(
  options: {
    header: Buffer;
    key: DataKey;
    context: Buffer;
    plaintext: Uint8Array;
    nonces: Pick<NoncePool, 'next'>;
  },
  domain: Domain = 'envelope',
): Buffer {
  const { header, key, plaintext, nonces } = options;
  nonces.next(nonceRoom);
  const aad = sealingAad(header, options.context, domain);
  const cipher = createCipheriv(algorithm, key, nonceRoom, tagLength);
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  const tag = cipher.getAuthTag();
  const nonceAt = header.length;
  const tagAt = nonceAt + nonceBytes + ciphertext.length;
  const envelope = Buffer.allocUnsafe(tagAt + tagBytes);
  envelope.set(header, 0);
  for (let n = 0; n < nonceBytes; n += 1) envelope[nonceAt + n] = nonceRoom[n] ?? 0;
  envelope.set(ciphertext, nonceAt + nonceBytes);
  for (let n = 0; n < tagBytes; n += 1) envelope[tagAt + n] = tag[n] ?? 0;
  return envelope;
}

/** Opens an envelope. @throws the one authentication error if the envelope or its context is not genuine */
export function open(
  { bytes, headerEnd }: Envelope,
  key: DataKey,
  context: Buffer,
  domain: Domain = 'envelope',
): Buffer {
  const bodyAt = headerEnd + nonceBytes;
  const tagAt = bytes.length - tagBytes;
  for (let n = 0; n < nonceBytes; n += 1) nonceRoom[n] = bytes[headerEnd + n] ?? 0;
  for (let n = 0; n < tagBytes; n += 1) tagRoom[n] = bytes[tagAt + n] ?? 0;
  const aad = opening.aadOf(bytes, headerEnd, context, domain);
  const decipher = createDecipheriv(algorithm, key, nonceRoom, tagLength);
  decipher.setAAD(aad);
  decipher.setAuthTag(tagRoom);
  const ciphertext = new Uint8Array(bytes.buffer, bytes.byteOffset + bodyAt, tagAt - bodyAt);
  return opened(decipher, ciphertext);
}

/** Node copies the nonce and the tag that it is given, so all operations share this memory. */
const nonceRoom = Buffer.allocUnsafeSlow(nonceBytes);
const tagRoom = Buffer.allocUnsafeSlow(tagBytes);
const aadRoomBytes = 4096;

/** Memory for one AAD, used by one operation after another. Parts that did not change are not written again. */
class AadRoom {
  readonly #room = Buffer.allocUnsafeSlow(aadRoomBytes);
  #view = this.#room.subarray(0, 0);
  #context: Buffer | undefined;
  #contextAt = 0;

  /** The domain's prefix, the header that `from` begins with, and the context. */
  aadOf(from: Buffer, headerEnd: number, context: Buffer, domain: Domain): Buffer {
    const prefix = domains[domain];
    const contextAt = prefix.length + headerEnd;
    const length = contextAt + context.length;
    if (length > aadRoomBytes) {
      return Buffer.concat([prefix, from.subarray(0, headerEnd), context]);
    }
    if (prefix.length > 0) this.#room.set(prefix, 0);
    from.copy(this.#room, prefix.length, 0, headerEnd);
    if (this.#context !== context || this.#contextAt !== contextAt) {
      context.copy(this.#room, contextAt);
      this.#context = context;
      this.#contextAt = contextAt;
      this.#view = this.#room.subarray(0, length);
    }
    return this.#view;
  }
}

const sealing = new AadRoom();
const opening = new AadRoom();
/** The AAD that was used last. The engine owns headers and contexts, and nobody changes them. */
let lastSealed: { header: Buffer; context: Buffer; domain: Domain; aad: Buffer } | undefined;

function sealingAad(header: Buffer, context: Buffer, domain: Domain): Buffer {
  const last = lastSealed;
  if (last?.header === header && last.context === context && last.domain === domain)
    return last.aad;
  const aad = sealing.aadOf(header, header.length, context, domain);
  lastSealed = { header, context, domain, aad };
  return aad;
}

const noncesPerBlock = 512;

/** Fresh random 96-bit nonces, drawn in blocks because single draws are slow. */
export class NoncePool {
  readonly #block = Buffer.allocUnsafeSlow(nonceBytes * noncesPerBlock);
  readonly #fill: (buffer: Uint8Array) => void;
  #at = this.#block.length;

  constructor(fill: (buffer: Uint8Array) => void) {
    this.#fill = fill;
  }

  /** Writes the next nonce into 12 bytes. */
  next(into: Buffer): void {
    if (this.#at === this.#block.length) {
      this.#fill(this.#block);
      this.#at = 0;
    }
    for (let n = 0; n < nonceBytes; n += 1) into[n] = this.#block[this.#at + n] ?? 0;
    this.#at += nonceBytes;
  }

  /** Discards the nonces drawn so far: if the machine was resumed or cloned, they may have been used elsewhere. */
  drop(): void {
    this.#at = this.#block.length;
  }
}
