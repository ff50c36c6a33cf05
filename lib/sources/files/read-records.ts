/**
 * Audit records from files and folders, one file at a time: memory is bounded by the largest file
 * taken in, and one bad file, line or record never keeps the rest out. What was left out is counted
 * by reason, what could not be used is named with its place. Repeats are not looked for here: the
 * store knows what it has.
 */
import { AppError } from '../../domain/app-error.ts';
import type { Provider } from '../../domain/audit-record.ts';
import { parseContainer } from '../cloudtrail/container.ts';
import { Intake, type Taken } from '../intake.ts';
import { jsonDocuments } from './json-documents.ts';
import { readBytes } from './read-bytes.ts';
import { walk } from './walk.ts';

export interface ReadOptions {
  /** Whose format the files are in; default `aws`, the only one so far. */
  provider?: Provider;
  /** Called with each file's path before it is read. */
  onFile?: (file: string) => void;
  /** Larger files are rejected; bytes, measured unpacked; default and upper bound 256 MiB. */
  unpackedBytesMax?: number;
}

/**
 * What one file gave, or one path that was left out: that counts once in `ignored`, as `dot-file`,
 * `digest-folder` or `insight-folder`. A rejected `offset` is a byte offset (unpacked) for what is
 * not JSON, an index from 0 for a record.
 */
export interface AuditFile extends Taken {
  file: string;
}

const unpackedBytesLimit = 256 * 1024 * 1024;

/**
 * Reads files and folders of audit records: `{"Records":[…]}`, LookupEvents output, a single
 * record, an array, or one of these on each line; plain or gzip. Throws AppError for wrong use
 * only.
 *
 * @example
 * for await (const { items } of readAuditFiles(['./AWSLogs'])) await store(items);
 */
export async function* readAuditFiles(
  paths: readonly string[],
  { provider = 'aws', onFile, unpackedBytesMax = unpackedBytesLimit }: ReadOptions = {},
): AsyncGenerator<AuditFile> {
  if (provider !== 'aws') {
    throw new AppError(
      'unsupported',
      `audit records of ${provider} cannot be imported yet: only those of aws (CloudTrail) can`,
    );
  }
  if (!(unpackedBytesMax >= 1 && unpackedBytesMax <= unpackedBytesLimit)) {
    throw new AppError('bad-request', `unpackedBytesMax: give 1 to ${unpackedBytesLimit} bytes`);
  }
  for await (const found of walk(paths)) {
    const intake = new Intake(found.path);
    if (found.kind === 'ignored') intake.ignore(found.reason);
    else if (found.kind === 'unreadable') intake.reject(0, found.reason);
    else {
      onFile?.(found.path);
      await takeFile(intake, found.path, { bytes: found.bytes, bytesMax: unpackedBytesMax });
    }
    yield { file: found.path, ...intake.result() };
  }
}

async function takeFile(
  intake: Intake,
  path: string,
  sizes: { bytes: number; bytesMax: number },
): Promise<void> {
  const read = await readBytes(path, sizes);
  if (read.kind === 'rejected') {
    intake.reject(0, read.reason);
    return;
  }
  for (const document of jsonDocuments(read.bytes, read.skipped)) {
    if (document.kind === 'fault') intake.reject(document.offset, document.reason);
    else for (const parsed of parseContainer(document.value, document.text)) intake.take(parsed);
  }
}
