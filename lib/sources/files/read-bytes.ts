import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { unreadable } from './walk.ts';

const unpack = promisify(gunzip);

/**
 * A file's text as UTF-8 bytes, and how many bytes of mark stand before them; or why it cannot be
 * had.
 */
export type FileBytes =
  | { kind: 'bytes'; bytes: Buffer; skipped: number }
  | { kind: 'rejected'; reason: string };

/**
 * Reads a file, unpacks it if it begins as gzip does (names are not believed) and drops a byte
 * order mark. Neither the packed nor the unpacked bytes ever exceed `bytesMax`.
 */
export async function readBytes(
  path: string,
  { bytes: size, bytesMax }: { bytes: number; bytesMax: number },
): Promise<FileBytes> {
  if (size > bytesMax) return tooLarge(bytesMax);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    return { kind: 'rejected', reason: unreadable(cause) };
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return asUtf8(bytes);
  try {
    return asUtf8(await unpack(bytes, { maxOutputLength: bytesMax }));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(bytesMax);
    const why = cause instanceof Error ? cause.message : 'unknown error';
    return { kind: 'rejected', reason: `damaged gzip (${why}): fetch or export the file again` };
  }
}

function asUtf8(bytes: Buffer): FileBytes {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { kind: 'bytes', bytes: bytes.subarray(3), skipped: 3 };
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { kind: 'rejected', reason: 'UTF-16 text: save the file as UTF-8' };
  }
  if (!isUtf8(bytes)) {
    return { kind: 'rejected', reason: 'neither UTF-8 text nor gzip: give CloudTrail JSON files' };
  }
  return { kind: 'bytes', bytes, skipped: 0 };
}

function tooLarge(bytesMax: number): FileBytes {
  const limit =
    bytesMax >= 1024 * 1024 ? `${Math.floor(bytesMax / 1024 / 1024)} MiB` : `${bytesMax} bytes`;
  return { kind: 'rejected', reason: `larger than ${limit} unpacked: split it into smaller files` };
}
