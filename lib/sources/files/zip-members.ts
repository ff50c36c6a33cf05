/** The files in a ZIP archive, one after the other, as its directory at the end lists them. Memory is bounded. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';
import { FileFault, fileChunks, inflated } from './read-chunks.ts';

export interface ZipMember {
  name: string;
  /** Its bytes, unpacked. @throws {FileFault} after what could be had */
  chunks: AsyncGenerator<Buffer>;
}

const [memberMark, directoryMark, endMark] = [0x04034b50, 0x02014b50, 0x06054b50];
const endBytes = 22;
const endCommentMax = 65_535;
const directoryBytesMax = 64 * 1024 * 1024;
/** In place of a number that only ZIP64 has room for. */
const elsewhere = 0xffffffff;

/** Whether a file begins as ZIP archives do. An unreadable one does not: who reads it says why. */
export async function isZip(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) return false;
  try {
    return (await bytesAt(file, 0, 4)).equals(Buffer.from('PK\x03\x04', 'latin1'));
  } finally {
    await file.close();
  }
}

/** Folders are left out. @throws {FileFault} where the archive itself cannot be read */
export async function* zipMembers(path: string): AsyncGenerator<ZipMember> {
  const file = await open(path);
  try {
    const entries = directoryOf(await directoryBytes(file));
    if (entries.some(({ name }) => name === '[Content_Types].xml'))
      throw new FileFault(
        'other-file',
        'an Office file, no audit records: export the sheet as CSV',
      );
    for (const { name, method, isLocked, size, at } of entries) {
      if (name.endsWith('/')) continue;
      const head = await bytesAt(file, at, 30);
      if (head.length < 30 || head.readUInt32LE(0) !== memberMark) throw damaged();
      const start = at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
      if (isLocked || (method !== 0 && method !== 8))
        throw new FileFault(
          'unreadable',
          `${name} is locked or packed in a rare way: unpack it first`,
        );
      const packed =
        size === 0
          ? nothing()
          : fileChunks(createReadStream(path, { start, end: start + size - 1 }));
      yield { name, chunks: method === 8 ? inflated(packed, createInflateRaw()) : packed };
    }
  } finally {
    await file.close();
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}

interface Entry {
  name: string;
  method: number;
  isLocked: boolean;
  size: number;
  at: number;
}

function directoryOf(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + 46 <= bytes.length; ) {
    if (bytes.readUInt32LE(at) !== directoryMark) throw damaged();
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((of) =>
      bytes.readUInt16LE(at + of),
    );
    const [size, start] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)];
    if (size === elsewhere || start === elsewhere) throw tooLarge();
    entries.push({
      name: bytes.toString('utf8', at + 46, at + 46 + (nameBytes ?? 0)).toWellFormed(),
      method: bytes.readUInt16LE(at + 10),
      isLocked: (bytes.readUInt16LE(at + 8) & 1) === 1,
      size,
      at: start,
    });
    at += 46 + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0);
  }
  return entries;
}

async function directoryBytes(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const tail = await bytesAt(
    file,
    Math.max(0, size - endBytes - endCommentMax),
    endBytes + endCommentMax,
  );
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(endMark);
  const end = tail.lastIndexOf(mark);
  if (end === -1 || end + endBytes > tail.length) throw damaged();
  const [bytes, at] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (at === elsewhere || bytes > directoryBytesMax) throw tooLarge();
  return bytesAt(file, at, bytes);
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

const damaged = () => new FileFault('damaged', 'damaged ZIP: fetch or export the file again');
const tooLarge = () => new FileFault('too-large', 'a ZIP of more than 4 GiB: unpack it first');
