/**
 * Bodies that are too large for memory: a preamble seals a stream key, and frames hold the body under that key. A
 * preamble is not an envelope, except in version 1. A frame comes out only after it is verified. Its nonce holds its
 * number and the end mark, so no frame can be cut off, moved, repeated or taken from another stream. docs/format.md is
 * the contract.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { ByteQueue } from './byte-queue.ts';
import { type Domain, gcmOpen, gcmSeal, secretBuffer } from './cipher.ts';
import type { DekEntry } from './dek-entry.ts';
import { tagBytes } from './envelope.ts';
import { authenticationFailed, CryptoCoreError } from './errors.ts';

type Out = TransformStreamDefaultController<Uint8Array>;

/** The versions of the stream format that this release reads; it writes the last one. */
export type StreamVersion = 1 | 2;

/** What a stream needs of the engine: preambles, each with the DEK it was sealed or opened under. */
export interface StreamPort {
  seal(plaintext: Buffer): Promise<{ preamble: Uint8Array; entry: DekEntry }>;
  open(preamble: Uint8Array, domain: Domain): Promise<{ plaintext: Buffer; entry: DekEntry }>;
  /** Whether the DEK may still be used. */
  holds(entry: DekEntry): boolean;
  fill(buffer: Uint8Array): void;
}

const frameBytesDefault = 64 * 1024;
const frameBytesMin = 1024;
const frameBytesMax = 1024 * 1024;
const framesMax = 2 ** 32;
const keyBytes = 32;
const magic = Buffer.from([0x4b, 0x54, 0x53]);
const head = Buffer.concat([magic, Buffer.from([2])]);
const headBytes = head.length + 4;
/** In version 1 a preamble is an ordinary envelope. */
const domainOf = { 1: 'envelope', 2: 'stream' } as const satisfies Record<StreamVersion, Domain>;
const preambleBytesMax = 16 * 1024;
const noAad = Buffer.alloc(0);

/** A stream that seals its input in frames of `frameBytes`. @throws {RangeError} outside 1 KiB to 1 MiB */
export function sealingStream(
  port: StreamPort,
  frameBytes: number = frameBytesDefault,
): TransformStream<Uint8Array, Uint8Array> {
  if (
    !Number.isSafeInteger(frameBytes) ||
    frameBytes < frameBytesMin ||
    frameBytes > frameBytesMax
  ) {
    throw new RangeError(
      `frameBytes must be a whole number from ${frameBytesMin} to ${frameBytesMax}`,
    );
  }
  const queue = new ByteQueue();
  const stream = new StreamKey(port);
  const seal = (plaintext: Buffer, last: boolean) =>
    stream.use(last, ({ key, nonce }) => {
      const { ciphertext, tag } = gcmSeal({ key, nonce, aad: noAad, plaintext });
      plaintext.fill(0);
      return Buffer.concat([ciphertext, tag]);
    });
  const transformer = {
    start: async (out: Out) => {
      const preamble = await stream.make(frameBytes);
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32BE(preamble.length);
      out.enqueue(Buffer.concat([head, length, preamble]));
    },
    transform: async (chunk: Uint8Array, out: Out) => {
      queue.push(checkedChunk(chunk));
      // The last frame carries the end mark, so one whole frame is always held back.
      while (queue.length > frameBytes) out.enqueue(await seal(queue.take(frameBytes), false));
    },
    flush: async (out: Out) => {
      out.enqueue(await seal(queue.take(queue.length), true));
      stream.erase();
    },
    // Called when either side cancels the stream. The DOM types do not have it yet.
    cancel: () => stream.erase(),
  };
  return new TransformStream(transformer);
}

/** A stream that opens what a sealing stream made. It fails as soon as anything is not genuine. */
export function openingStream(
  port: StreamPort,
  versionMin: StreamVersion,
): TransformStream<Uint8Array, Uint8Array> {
  const queue = new ByteQueue();
  const stream = new StreamKey(port);
  let start: { version: StreamVersion; preambleBytes: number } | undefined;
  let frameBytes = 0;
  const open = (frame: Buffer, last: boolean) =>
    stream.use(last, ({ key, nonce }) => {
      const ciphertext = frame.subarray(0, -tagBytes);
      return gcmOpen({ key, nonce, aad: noAad, ciphertext, tag: frame.subarray(-tagBytes) });
    });
  const readStart = async () => {
    if (start === undefined && queue.length >= headBytes) start = readHead(queue, versionMin);
    if (start === undefined || queue.length < start.preambleBytes) return;
    frameBytes = await stream.read(queue.take(start.preambleBytes), domainOf[start.version]);
  };
  const transformer = {
    transform: async (chunk: Uint8Array, out: Out) => {
      queue.push(checkedChunk(chunk));
      if (frameBytes === 0) await readStart();
      const whole = frameBytes + tagBytes;
      // Whether a whole frame is the last one is known only when more bytes come.
      while (frameBytes > 0 && queue.length > whole)
        out.enqueue(await open(queue.take(whole), false));
    },
    flush: async (out: Out) => {
      if (frameBytes === 0 || queue.length < tagBytes) throw authenticationFailed();
      out.enqueue(await open(queue.take(queue.length), true));
      stream.erase();
    },
    // Called when either side cancels the stream. The DOM types do not have it yet.
    cancel: () => stream.erase(),
  };
  return new TransformStream(transformer);
}

/** The key of one stream. It is used for as long as the DEK that seals it may be used, then looked up again. */
class StreamKey {
  readonly #port: StreamPort;
  #preamble: Uint8Array = noAad;
  #domain: Domain = 'stream';
  #entry: DekEntry | undefined;
  /** OpenSSL has the only copy, and wipes it once nothing refers to it. */
  #key: KeyObject | undefined;
  #frames = 0;

  constructor(port: StreamPort) {
    this.#port = port;
  }

  /** Makes a new key; resolves to the preamble that seals it together with the frame size. */
  async make(frameBytes: number): Promise<Uint8Array> {
    const secret = secretBuffer(keyBytes + 4);
    this.#port.fill(secret.subarray(0, keyBytes));
    secret.writeUInt32BE(frameBytes, keyBytes);
    const { preamble, entry } = await this.#port.seal(secret);
    this.#preamble = preamble;
    this.#keep(entry, secret);
    return preamble;
  }

  /** Opens the key in this preamble; resolves to the frame size. */
  async read(preamble: Buffer, domain: Domain): Promise<number> {
    const { plaintext, entry } = await this.#port.open(preamble, domain);
    if (plaintext.length !== keyBytes + 4) throw authenticationFailed();
    const frameBytes = plaintext.readUInt32BE(keyBytes);
    this.#preamble = preamble;
    this.#domain = domain;
    this.#keep(entry, plaintext);
    if (frameBytes < frameBytesMin || frameBytes > frameBytesMax) throw authenticationFailed();
    return frameBytes;
  }

  /** Processes the next frame with the key and a nonce that holds its number and whether it is the last. */
  async use<T>(last: boolean, work: (frame: { key: KeyObject; nonce: Buffer }) => T): Promise<T> {
    try {
      if (this.#entry === undefined || !this.#port.holds(this.#entry)) {
        this.erase();
        await this.read(Buffer.from(this.#preamble), this.#domain);
      }
      const key = this.#key;
      if (key === undefined) throw authenticationFailed();
      if (this.#frames >= framesMax) throw new RangeError('a stream may hold at most 2^32 frames');
      const nonce = Buffer.alloc(12);
      nonce.writeBigUInt64BE(BigInt(this.#frames), 0);
      nonce[11] = last ? 1 : 0;
      this.#frames += 1;
      return work({ key, nonce });
    } catch (error) {
      this.erase();
      throw error;
    }
  }

  erase(): void {
    this.#key = undefined;
    this.#entry = undefined;
  }

  #keep(entry: DekEntry, secret: Buffer): void {
    this.#entry = entry;
    this.#key = createSecretKey(secret.subarray(0, keyBytes));
    secret.fill(0);
  }
}

/** The start of a stream: its version and the length of the preamble. */
function readHead(
  queue: ByteQueue,
  versionMin: StreamVersion,
): { version: StreamVersion; preambleBytes: number } {
  const start = queue.take(headBytes);
  if (start.compare(magic, 0, magic.length, 0, magic.length) !== 0) throw authenticationFailed();
  const version = start[magic.length];
  if ((version !== 1 && version !== 2) || version < versionMin) {
    throw new CryptoCoreError(
      'unsupported-format',
      `Stream version ${version} is not supported: this engine reads ${versionMin} to 2. Upgrade @keytide/crypto-core, or lower streamVersionMin.`,
    );
  }
  const preambleBytes = start.readUInt32BE(head.length);
  if (preambleBytes < 1 || preambleBytes > preambleBytesMax) throw authenticationFailed();
  return { version, preambleBytes };
}

function checkedChunk(chunk: unknown): Uint8Array {
  if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream takes Uint8Array chunks');
  return chunk;
}
