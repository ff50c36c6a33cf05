import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { RejectedCode } from '../../domain/intake-codes.ts';
import { fileKind, headBytes } from './file-kind.ts';
import { unreadable } from './walk.ts';

const chunkBytes = 1 << 18;
/** A log that one tool packs and the next packs again is met; more layers are not. */
const layersMax = 3;

/** A file, or its rest, that cannot be had. */
export class FileFault extends Error {
  readonly code: RejectedCode;

  constructor(code: RejectedCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/**
 * A file's bytes as they come, unpacked as often as they begin as gzip does, in any number of
 * members. Memory does not grow with the file. At most `bytesMax` bytes are given. @throws
 * {FileFault} after what could be had
 */
export function readChunks(path: string, bytesMax: number): AsyncGenerator<Buffer> {
  return bounded(unpacked(fileChunks(path), layersMax), bytesMax);
}

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { highWaterMark: chunkBytes });
  try {
    for await (const chunk of stream) yield Buffer.from(chunk);
  } catch (cause) {
    throw new FileFault('unreadable', unreadable(cause));
  }
}

async function* unpacked(from: AsyncGenerator<Buffer>, layers: number): AsyncGenerator<Buffer> {
  const chunks = withHead(from);
  const first = await chunks.next();
  if (first.done) return;
  const whole = prepend(first.value, chunks);
  if (layers > 0 && fileKind(first.value).kind === 'gzip')
    yield* unpacked(gunzipped(whole), layers - 1);
  else yield* whole;
}

/** The same bytes, of which the first chunk is long enough to tell what they are. */
async function* withHead(from: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of from) {
    if (head === null) yield chunk;
    else {
      head = Buffer.concat([head, chunk]);
      if (head.length < headBytes) continue;
      yield head;
      head = null;
    }
  }
  if (head !== null && head.length > 0) yield head;
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* gunzipped(from: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  const fed = feed(from, gunzip);
  try {
    for await (const chunk of gunzip) yield Buffer.from(chunk);
  } catch (cause) {
    if (cause instanceof FileFault) throw cause;
    const why = cause instanceof Error ? cause.message : 'unknown error';
    throw new FileFault('damaged', `damaged gzip (${why}): fetch or export the file again`);
  } finally {
    gunzip.destroy();
    await fed;
  }
}

/** Ends when all is written or the other side is gone; a fault of the source goes through it. */
async function feed(
  from: AsyncGenerator<Buffer>,
  into: ReturnType<typeof createGunzip>,
): Promise<void> {
  try {
    for await (const chunk of from) {
      if (into.destroyed) return;
      if (into.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        into
          .once('drain', resolve)
          .once('close', resolve)
          .once('error', () => resolve());
      });
    }
    into.end();
  } catch (cause) {
    into.destroy(cause instanceof Error ? cause : new Error('unreadable'));
  }
}

async function* bounded(from: AsyncGenerator<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  let left = bytesMax;
  for await (const chunk of from) {
    if (chunk.length > left) {
      yield chunk.subarray(0, left);
      throw new FileFault('too-large', tooLarge(bytesMax));
    }
    left -= chunk.length;
    yield chunk;
  }
}

function tooLarge(bytesMax: number): string {
  const mebibytes = Math.floor(bytesMax / 1024 / 1024);
  const limit = mebibytes >= 1 ? `${mebibytes} MiB` : `${bytesMax} bytes`;
  return `larger than ${limit} unpacked: split it into smaller files`;
}
