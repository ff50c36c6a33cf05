import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createGunzip, type createInflateRaw, gunzipSync } from 'node:zlib';
import type { RejectedCode } from '../../domain/intake-codes.ts';
import { fileKind, headBytes, wideEncoding } from './file-kind.ts';
import { unreadable } from './walk.ts';

const chunkBytes = 1 << 18;
/** Unpacked bytes are given at once, because the rest of a truncated file never comes. */
const asItComes = { chunkSize: chunkBytes, flush: constants.Z_SYNC_FLUSH };
const handedOnPollMs = 1;
/** What one chunk may unpack to in one go, which costs a third of a stream. */
const inOneGoMax = 4 * 1024 * 1024;
/** Some logs are packed twice, by two tools; more layers are not seen in practice. */
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
 * Bytes as they come, unpacked as often as they begin as gzip does, in any number of members, and
 * as UTF-8 where they are text of UTF-16. Memory does not grow with the file. At most `bytesMax`
 * bytes are given. @throws {FileFault} after what could be had
 */
export function readChunks(from: AsyncGenerator<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  return bounded(unpacked(from, layersMax), bytesMax);
}

/** A file's own bytes. @throws {FileFault} */
export async function* fileChunks(
  from: string | ReturnType<typeof createReadStream>,
): AsyncGenerator<Buffer> {
  const stream =
    typeof from === 'string' ? createReadStream(from, { highWaterMark: chunkBytes }) : from;
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
  const { whole, isOne } = await peeked(first.value, chunks);
  const encoding = wideEncoding(first.value);
  if (layers > 0 && fileKind(first.value).kind === 'gzip') {
    const plain = isOne ? gunzipped(first.value) : null;
    const inside = plain === null ? inflated(whole, createGunzip(asItComes)) : only(plain);
    yield* unpacked(inside, layers - 1);
  } else if (encoding !== null) yield* asUtf8(whole, encoding);
  else yield* whole;
}

async function* asUtf8(from: AsyncGenerator<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of from) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

/** The same bytes, of which the first chunk is long enough to tell what they are. */
async function* withHead(from: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  let fault: unknown = null;
  try {
    for await (const chunk of from) {
      if (head === null) yield chunk;
      else {
        head = Buffer.concat([head, chunk]);
        if (head.length < headBytes) continue;
        yield head;
        head = null;
      }
    }
  } catch (cause) {
    fault = cause;
  }
  // What came before a fault is given before it.
  if (head !== null && head.length > 0) yield head;
  if (fault !== null) throw fault;
}

/** A chunk and what comes after it, and whether that is nothing. A fault is met where it stands. */
export async function peeked(
  first: Buffer,
  rest: AsyncGenerator<Buffer>,
): Promise<{ whole: AsyncGenerator<Buffer>; isOne: boolean }> {
  const second = rest.next();
  const isOne = await second.then(
    ({ done }) => done === true,
    () => false,
  );
  return { whole: resumed(first, second, rest), isOne };
}

async function* resumed(
  first: Buffer,
  second: Promise<IteratorResult<Buffer>>,
  rest: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    yield first;
    const next = await second;
    if (next.done) return;
    yield next.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* only(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk;
}

/** Null where it is large or damaged: then it is unpacked as far as it goes. */
function gunzipped(chunk: Buffer): Buffer | null {
  try {
    return gunzipSync(chunk, { maxOutputLength: inOneGoMax });
  } catch {
    return null;
  }
}

/** What the bytes unpack to. @throws {FileFault} after what could be had */
export async function* inflated(
  from: AsyncGenerator<Buffer>,
  by: ReturnType<typeof createGunzip> | ReturnType<typeof createInflateRaw>,
): AsyncGenerator<Buffer> {
  const fed = feed(from, by);
  try {
    for await (const chunk of by) yield Buffer.from(chunk);
  } catch (cause) {
    if (cause instanceof FileFault) throw cause;
    const why = cause instanceof Error ? cause.message : 'unknown error';
    throw new FileFault('damaged', `damaged gzip (${why}): fetch or export the file again`);
  } finally {
    by.destroy();
    await fed;
  }
}

/** Ends when all is written or the other side is gone; a fault of the source goes through it. */
async function feed(
  from: AsyncGenerator<Buffer>,
  into: Parameters<typeof inflated>[1],
): Promise<void> {
  try {
    for await (const chunk of from) {
      if (into.destroyed) return;
      if (into.write(chunk)) continue;
      await writable(into);
    }
    // A fault at the end would take along what is unpacked and not yet read.
    while (!into.destroyed && into.readableLength + into.writableLength > 0)
      await sleep(handedOnPollMs);
    into.end();
  } catch (cause) {
    into.destroy(cause instanceof Error ? cause : new Error('unreadable'));
  }
}

/** Resolves once more may be written, or never will be: what waited is taken off again, or it would pile up. */
function writable(into: Parameters<typeof inflated>[1]): Promise<void> {
  const names = ['drain', 'close', 'error'] as const;
  return new Promise((resolve) => {
    const done = () => {
      for (const name of names) into.off(name, done);
      resolve();
    };
    for (const name of names) into.on(name, done);
  });
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
