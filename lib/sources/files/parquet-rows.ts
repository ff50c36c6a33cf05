import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { FileFault } from './read-chunks.ts';

/** Rows that are held at once. */
const rowsPerRead = 2_000;
const footerMax = 64 * 1024 * 1024;

/**
 * The rows of a Parquet file, as objects, some at a time: of Security Lake (zstd), of Firehose
 * (snappy), of an Athena UNLOAD (gzip). @throws {FileFault} after what could be had
 */
export async function* parquetRows(path: string): AsyncGenerator<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(path);
  const tail = new DataView(await file.slice(Math.max(0, file.byteLength - 8)));
  if (tail.byteLength < 8 || tail.getUint32(0, true) > Math.min(footerMax, file.byteLength)) {
    throw new FileFault('damaged', 'damaged Parquet: fetch or export the file again');
  }
  try {
    const metadata = await parquetMetadataAsync(file);
    const rows = Number(metadata.num_rows);
    for (let rowStart = 0; rowStart < rows; rowStart += rowsPerRead) {
      const rowEnd = Math.min(rowStart + rowsPerRead, rows);
      const read = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
      yield read.map((row) => Object.fromEntries(membersOf(row)));
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown error';
    const codec = /unsupported compression codec: (\w+)/.exec(why)?.[1];
    if (codec !== undefined)
      throw new FileFault(
        'other-file',
        `Parquet packed with ${codec}, which is not read: write it with Snappy, gzip or ZSTD`,
      );
    throw new FileFault('damaged', `damaged or unknown Parquet (${why.slice(0, 200)})`);
  }
}

/** Instants and large numbers as JSON has them. */
function asJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(asJson);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' && value !== null ? Object.fromEntries(membersOf(value)) : value;
}

const membersOf = (value: object): [string, unknown][] =>
  Object.entries(value).map(([name, member]) => [name, asJson(member)]);

/** A page says how large it unpacks: what unpacks to more is damaged or hostile. */
const compressors = {
  GZIP: (bytes: Uint8Array, length: number) =>
    new Uint8Array(gunzipSync(bytes, { maxOutputLength: Math.max(1, length) })),
  ZSTD: (bytes: Uint8Array, length: number) =>
    new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) })),
};
