/**
 * Audit records from files and folders, whatever wraps them, one file at a time: memory does not
 * grow with a file, and one bad file, line or record never keeps the rest out. What was left out is
 * counted by reason, what could not be used is named with its place. Repeats are not looked for
 * here: the store knows what it has.
 */
import { AppError } from '../../domain/app-error.ts';
import type { Provider } from '../../domain/audit-record.ts';
import { findInText, findRecords } from '../cloudtrail/find-records.ts';
import { Intake, type Taken } from '../intake.ts';
import { CsvRows, tableSeparator } from './csv-rows.ts';
import { EventTable, sayNothingFound } from './event-table.ts';
import { type ContentKind, documentKind, fileKind, fromBase64, textKind } from './file-kind.ts';
import { type JsonDocument, JsonValues, oneValue } from './json-values.ts';
import { parquetRows } from './parquet-rows.ts';
import { FileFault, fileChunks, peeked, readChunks } from './read-chunks.ts';
import { tarMembers } from './tar-members.ts';
import { walk } from './walk.ts';
import { isZip, zipMembers } from './zip-members.ts';

export interface ReadOptions {
  /** Records of other clouds are left out; default: of all clouds, told apart by what they hold. */
  provider?: Provider;
  /** Called with each file's path before it is read. */
  onFile?: (file: string) => void;
  /** What a file has beyond this is left out; bytes, unpacked; default and upper bound 64 GiB. */
  unpackedBytesMax?: number;
}

/**
 * What one file gave, or the next part of a large one, or one path that was left out: that counts
 * once in `ignored`. A rejected `offset` is a byte offset (unpacked) for what is not JSON, an index
 * from 0 for a record.
 */
export interface AuditFile extends Taken {
  file: string;
  /** From 0 on; a file of many records comes in parts. */
  part: number;
}

const unpackedBytesLimit = 64 * 1024 ** 3;
const recordsPerPart = 2_000;

/**
 * Reads files and folders of audit records, plain or gzip: see lib/sources/cloudtrail/shapes.ts for
 * what may wrap them; tables as CSV and Parquet too. Throws AppError for wrong use only.
 *
 * @example
 * for await (const { items } of readAuditFiles(['./AWSLogs'])) await store(items);
 */
export async function* readAuditFiles(
  paths: readonly string[],
  { provider, onFile, unpackedBytesMax = unpackedBytesLimit }: ReadOptions = {},
): AsyncGenerator<AuditFile> {
  if (!(unpackedBytesMax >= 1 && unpackedBytesMax <= unpackedBytesLimit)) {
    throw new AppError('bad-request', `unpackedBytesMax: give 1 to ${unpackedBytesLimit} bytes`);
  }
  for await (const found of walk(paths)) {
    const file = found.path;
    const intake = new Intake(file);
    if (found.kind === 'file') {
      onFile?.(file);
      const limits = { provider, bytesMax: unpackedBytesMax };
      if (await isZip(file)) yield* readZip(file, limits);
      else yield* readFile({ file, chunks: fileChunks(file), parquet: file }, limits);
      continue;
    }
    if (found.kind === 'ignored') intake.ignore(found.reason);
    else intake.reject({ offset: 0, code: 'unreadable', reason: found.reason });
    yield { file, part: 0, ...intake.drain({ last: true }) };
  }
}

interface Opened {
  file: string;
  chunks: AsyncGenerator<Buffer>;
  /** Where its bytes lie as they are, as Parquet is read; null inside of an archive. */
  parquet: string | null;
}

/** Records of one file that is at hand as bytes, such as an object of a bucket. */
export function readChunkedFile(
  file: string,
  chunks: AsyncGenerator<Buffer>,
  bytesMax: number,
): AsyncGenerator<AuditFile> {
  return readFile({ file, chunks, parquet: null }, { provider: undefined, bytesMax });
}

interface Limits {
  provider: Provider | undefined;
  bytesMax: number;
}

/** Each of an archive's files is one of its own. */
async function* readZip(path: string, limits: Limits): AsyncGenerator<AuditFile> {
  try {
    for await (const { name, chunks } of zipMembers(path))
      yield* readFile({ file: `${path}/${name}`, chunks, parquet: null }, limits);
  } catch (cause) {
    if (!(cause instanceof FileFault)) throw cause;
    const intake = new Intake(path);
    intake.reject({ offset: 0, code: cause.code, reason: cause.message });
    yield { file: path, part: 0, ...intake.drain({ last: true }) };
  }
}

async function* readFile(opened: Opened, limits: Limits): AsyncGenerator<AuditFile> {
  const { file } = opened;
  const { provider, bytesMax } = limits;
  const intake = new Intake(file, provider);
  let part = 0;
  for await (const _ of takeFile(intake, opened, bytesMax)) {
    if (intake.waiting < recordsPerPart) continue;
    yield { file, part, ...intake.drain({ last: false }) };
    part++;
  }
  yield { file, part, ...intake.drain({ last: true }) };
}

/** Takes the file in step by step; each step is a chance to drain. */
async function* takeFile(intake: Intake, opened: Opened, bytesMax: number): AsyncGenerator<void> {
  try {
    const chunks = readChunks(opened.chunks, bytesMax);
    const first = await chunks.next();
    if (first.done) {
      intake.ignore('empty');
      return;
    }
    const kind = fileKind(first.value);
    if (kind.kind === 'parquet') {
      await chunks.return(undefined);
      if (opened.parquet === null)
        throw new FileFault('other-file', 'Parquet inside of an archive: unpack that first');
      yield* takeParquet(intake, opened.parquet);
    } else if (kind.kind === 'other') {
      await chunks.return(undefined);
      const reason = `${kind.name}, no audit records: ${kind.advice}`;
      intake.reject({ offset: 0, code: 'other-file', reason });
    } else if (kind.kind === 'tar') {
      for await (const member of tarMembers(chunksOf(first.value, chunks)))
        yield* takeFile(intake, { ...opened, chunks: member, parquet: null }, bytesMax);
    } else if (kind.kind === 'base64') {
      const plain = fromBase64(chunksOf(first.value, chunks));
      yield* takeFile(intake, { ...opened, chunks: plain, parquet: null }, bytesMax);
    } else yield* takeText(intake, first.value, chunks);
  } catch (cause) {
    if (!(cause instanceof FileFault)) throw cause;
    intake.reject({ offset: 0, code: cause.code, reason: cause.message });
  }
}

async function* takeParquet(intake: Intake, path: string): AsyncGenerator<void> {
  const table = new EventTable(intake, 'Parquet rows');
  for await (const rows of parquetRows(path)) {
    for (const row of rows) {
      table.columns ??= Object.keys(row);
      table.take(row);
    }
    yield;
  }
  table.end();
}

async function* takeText(
  intake: Intake,
  first: Buffer,
  rest: AsyncGenerator<Buffer>,
): AsyncGenerator<void> {
  const marked = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf ? 3 : 0;
  const start = first.subarray(marked);
  const head = /^[^\r\n]*/.exec(start.toString('utf8', 0, 65_536).trimStart())?.[0] ?? '';
  const kind = textKind(head);
  // Such a line would be read as JSON.
  if (kind !== null && /^["[]/.test(head)) {
    await rest.return(undefined);
    sayNothingFound(intake, kind);
    return;
  }
  const separator = /^[[{]/.test(head) ? null : tableSeparator(head);
  if (separator !== null) {
    yield* takeTable(intake, chunksOf(start, rest), new CsvRows(separator));
    return;
  }
  const seen = new TextSeen();
  const { whole, isOne } = await peeked(start, rest);
  const one = isOne ? oneValue(start) : null;
  if (one !== null) takeDocument(intake, one, seen);
  else yield* takeValues(intake, { chunks: whole, offset: marked, seen });
  // Of a damaged document the pieces are no lines of anything.
  if (intake.hasRejected) return;
  if (intake.seen === 0 && seen.lines + seen.values > 0) {
    sayNothingFound(intake, seen.kind);
    return;
  }
  if (seen.lines > 0) intake.ignore('text', seen.lines);
  if (seen.values > 0) intake.ignore('no-record', seen.values);
}

interface Values {
  chunks: AsyncGenerator<Buffer>;
  offset: number;
  seen: TextSeen;
}

async function* takeValues(intake: Intake, { chunks, offset, seen }: Values): AsyncGenerator<void> {
  const values = new JsonValues({ offset });
  try {
    for await (const chunk of chunks) {
      for (const document of values.push(chunk)) takeDocument(intake, document, seen);
      yield;
    }
  } catch (cause) {
    // Where the bytes break off, that is the fault; what is whole before it goes in.
    for (const document of values.end())
      if (document.kind !== 'fault') takeDocument(intake, document, seen);
    throw cause;
  }
  for (const document of values.end()) takeDocument(intake, document, seen);
}

async function* chunksOf(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** What a file holds besides records and faults. */
class TextSeen {
  lines = 0;
  values = 0;
  kind: ContentKind | null = null;
}

function takeDocument(intake: Intake, document: JsonDocument, seen: TextSeen): void {
  if (document.kind === 'fault') {
    const { offset, reason, ended } = document;
    intake.reject({ offset, code: ended ? 'damaged' : 'not-json', reason });
    return;
  }
  const { seen: before, hasRejected } = intake;
  if (document.kind === 'text') {
    for (const word of document.text.split(/\s+/)) {
      if (word.length > 40) for (const found of findInText(word)) intake.take(found);
    }
    if (intake.seen > before) return;
    seen.lines++;
    seen.kind ??= textKind(document.text);
    return;
  }
  const { value, text, within } = document;
  for (const found of findRecords(value, { raw: text, within })) intake.take(found);
  if (intake.seen === before && intake.hasRejected === hasRejected && !isEmpty(value, 0)) {
    seen.values++;
    seen.kind ??= documentKind(text);
  }
}

/** `{"Records":[]}` and the like: a log of a time in which nothing happened. */
function isEmpty(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = Object.values(value);
  if (Array.isArray(value)) return members.length === 0;
  return depth < 3 && members.length > 0 && members.every((member) => isEmpty(member, depth + 1));
}

async function* takeTable(
  intake: Intake,
  chunks: AsyncGenerator<Buffer>,
  rows: CsvRows,
): AsyncGenerator<void> {
  const decoder = new TextDecoder();
  const table = new EventTable(intake, 'CSV rows');
  const take = (cells: readonly string[]) => {
    if (table.columns === null) {
      table.columns = cells.map((name) => name.trim());
      return;
    }
    const named = table.columns.map((name, index) => [
      name,
      cells[index] === '' ? undefined : cells[index],
    ]);
    table.take(Object.fromEntries(named));
  };
  for await (const chunk of chunks) {
    for (const cells of rows.push(decoder.decode(chunk, { stream: true }))) take(cells);
    yield;
  }
  for (const cells of rows.end()) take(cells);
  table.end();
}
