/**
 * Every use of cryptography on bodies: DEK expansion, sealing and opening. docs/format.md is the contract.
 */
// Node's global of this name is an accessor, which every operation would call.
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

/** Its inverse. @throws the one authentication error; nothing of the plaintext is left then. */
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

/** The plaintext where the tag that was set is right. @throws as `gcmOpen` */
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

/** What sets a kind of sealed bytes apart from every other: it goes before header and context. */
export const domains = {
  envelope: Buffer.alloc(0),
  /** A stream's preamble, from version 2 on. */
  stream: Buffer.from([0x4b, 0x54, 0x53, 0x02]),
} as const;
export type Domain = keyof typeof domains;

/** The whole envelope for `plaintext` under a DEK whose header and data key are given. */
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

/** @throws the one authentication error when anything about the envelope or context is not genuine. */
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

/** Node copies a nonce and a tag when they are given: the same memory serves all of them. */
const nonceRoom = Buffer.allocUnsafeSlow(nonceBytes);
const tagRoom = Buffer.allocUnsafeSlow(tagBytes);
const aadRoomBytes = 4096;

/** Memory for one AAD, used again and again. What is the same as the time before is not written again. */
class AadRoom {
  readonly #room = Buffer.allocUnsafeSlow(aadRoomBytes);
  #view = this.#room.subarray(0, 0);
  #context: Buffer | undefined;
  #contextAt = 0;

  /** The domain, the first bytes of `from`, which are a header, and the context behind them. */
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
/** What was sealed last; headers and contexts are the engine's own, and nobody writes to them. */
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

/** Fresh 96-bit nonces, drawn from the random source in blocks because single draws are slow. */
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

  /** Uses none of what was drawn: a machine that was resumed or cloned may have used it elsewhere. */
  drop(): void {
    this.#at = this.#block.length;
  }
}
