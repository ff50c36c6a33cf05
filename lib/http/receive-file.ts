/** A file that a page sends as a request's body: kept on disk for as long as it is read, never in memory. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../domain/app-error.ts';

const gib = 1024 ** 3;
const fileBytesMax = 4 * gib;

const tooLarge = () =>
  new AppError(
    'too-large',
    `The file is larger than ${fileBytesMax / gib} GiB: read it with npx keytide import.`,
  );

/**
 * Does `work` on a file that holds the request's body, and removes it.
 * @throws {AppError} `bad-request` for a body that is empty or breaks off, `too-large`.
 */
export async function withReceivedFile<T>(
  request: Request,
  work: (path: string) => Promise<T>,
): Promise<T> {
  if (Number(request.headers.get('content-length') ?? 0) > fileBytesMax) throw tooLarge();
  const dir = await mkdtemp(join(tmpdir(), 'keytide-upload-'));
  try {
    const path = join(dir, 'log');
    const bytes = await receive(request, path);
    if (bytes === 0) throw new AppError('bad-request', 'The file is empty.');
    return await work(path);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function receive(request: Request, path: string): Promise<number> {
  if (request.body === null) return 0;
  let bytes = 0;
  const reader = request.body.getReader();
  const bounded = async function* () {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.length;
      if (bytes > fileBytesMax) throw tooLarge();
      yield next.value;
    }
  };
  try {
    await pipeline(bounded, createWriteStream(path));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (isFull(cause))
      throw new AppError('unavailable', 'The disk is full: make room and send the file again.');
    throw new AppError('bad-request', 'The file did not come whole; send it again.', { cause });
  }
  return bytes;
}

const isFull = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
