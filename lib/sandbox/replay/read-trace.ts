import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '../../domain/app-error.ts';

/** One message of a recorded workload. */
export interface TraceRow {
  /** Epoch ms. */
  at: number;
  conversation: string;
  workspace: string;
}

const columns = ['timestamp_s', 'conversation_id', 'turn', 'workspace'] as const;
const unpackedBytesMax = 1024 ** 3;

/**
 * Reads `timestamp_s,conversation_id,turn,workspace` (CSV, gzip or plain, sorted by time).
 * @throws {AppError} naming the file and line.
 */
export async function readTrace(path: string): Promise<TraceRow[]> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new AppError(
      'not-found',
      `Cannot read the trace ${path} (${error.code ?? error.message}).`,
    );
  });
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = (zipped ? await unzipped(bytes, path) : bytes).toString('utf8');
  const [head = '', ...lines] = text.split(/\r?\n/);
  const names = head.split(',');
  const at = columns.map((column) => names.indexOf(column));
  if (at.some((index) => index < 0)) {
    throw new AppError(
      'bad-request',
      `${path}: the first line must name the columns ${columns.join(',')}.`,
    );
  }
  const [timeAt = 0, conversationAt = 0, , workspaceAt = 0] = at;
  const rows: TraceRow[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const fields = line.split(',');
    const seconds = Number(fields[timeAt]);
    const conversation = fields[conversationAt];
    const workspace = fields[workspaceAt];
    const row = {
      at: Math.round(seconds * 1000),
      conversation: conversation ?? '',
      workspace: workspace ?? '',
    };
    const previous = rows.at(-1);
    if (
      fields[timeAt] === '' ||
      !Number.isSafeInteger(row.at) ||
      row.at < 0 ||
      !conversation ||
      !workspace
    ) {
      throw new AppError(
        'bad-request',
        `${path}: line ${index + 2} is not a trace row: ${line.slice(0, 80)}`,
      );
    }
    if (previous !== undefined && row.at < previous.at) {
      throw new AppError(
        'bad-request',
        `${path}: line ${index + 2} is earlier than the line before; sort the trace by time.`,
      );
    }
    rows.push(row);
  }
  if (rows.length === 0) throw new AppError('bad-request', `${path}: the trace has no rows.`);
  return rows;
}

async function unzipped(bytes: Buffer, path: string): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: unpackedBytesMax });
  } catch {
    throw new AppError('bad-request', `${path}: not a whole gzip file of at most 1 GiB.`);
  }
}
