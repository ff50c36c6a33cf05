import { AppError } from '../../domain/app-error.ts';
import { type TelemetryBatch, telemetryRows } from '../../domain/telemetry-record.ts';
import { parseMetrics, parseTraces } from '../../ingest/parse-otlp.ts';
import { nounText } from '../../shared/screen-text.ts';
import { type JsonDocument, JsonValues } from '../../sources/files/json-values.ts';
import { FileFault, fileChunks, readChunks } from '../../sources/files/read-chunks.ts';
import type { ServiceContext } from '../context.ts';
import { ingestTelemetry } from './ingest-telemetry.ts';

/** Rows that are taken in at once. */
const rowsPerBatch = 20_000;
const faultsMax = 1_000;

/** What of a file could not be taken; `line` is 0 where it is the file itself. */
export interface TelemetryFault {
  file: string;
  line: number;
  reason: string;
}

/** What files of telemetry gave. */
export interface TelemetryReport {
  /** KMS calls of the service, and counts of its lookups. */
  calls: number;
  counts: number;
  /** Rows that were not there before: attempts and uses of data keys too. */
  added: number;
  /** What could not be taken: the first thousand. */
  faults: TelemetryFault[];
}

const unpackedBytesMax = 64 * 1024 ** 3;

/**
 * Takes files of OTLP JSON export requests in, as exporters and collectors write them: one a line, one over many lines,
 * in an array, back to back, plain or gzip, with or without the request around a resource, among logs and other text.
 * @throws {AppError} `not-found` for a file that cannot be read.
 */
export async function importTelemetry({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: { paths: readonly string[] };
}): Promise<TelemetryReport> {
  const report: TelemetryReport = { calls: 0, counts: 0, added: 0, faults: [] };
  const { faults } = report;
  let batch: TelemetryBatch | null = null;
  let last = { file: '', line: 0 };
  const flush = async () => {
    if (batch !== null) {
      const { added, rejected, reasons } = await ingestTelemetry({ ctx, input: batch });
      report.calls += batch.calls.length;
      report.counts += batch.operations.length;
      report.added += added;
      const reason = `${rejected} of the lines before were not taken: ${reasons.join('; ')}`;
      if (rejected > 0) faults.push({ ...last, reason });
    }
    batch = null;
  };
  for (const file of input.paths) {
    let line = 0;
    let others = 0;
    const say = (reason: string, at = line) => {
      if (faults.length < faultsMax) faults.push({ file, line: at, reason });
    };
    for await (const document of documentsOf(file, say)) {
      if (document.kind === 'text') others += 1;
      line += 1;
      last = { file, line };
      if (document.kind === 'fault') say(document.reason);
      if (document.kind !== 'value') continue;
      const requests = requestsOf(document.value);
      if (requests.length === 0) others += 1;
      for (const { taken, reason } of requests.map(parsed)) {
        if (reason !== null) say(reason);
        if (taken === null) continue;
        batch = batch === null ? taken : merged(batch, taken);
        if (telemetryRows(batch) >= rowsPerBatch) await flush();
      }
    }
    if (others > 0) say(`${nounText(others, 'piece')} of logs or other text left alone`, 0);
  }
  await flush();
  return report;
}

async function* documentsOf(
  path: string,
  say: (reason: string, line: number) => void,
): AsyncGenerator<JsonDocument> {
  const values = new JsonValues();
  let first = true;
  try {
    for await (const chunk of readChunks(fileChunks(path), unpackedBytesMax)) {
      const marked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
      yield* values.push(marked ? chunk.subarray(3) : chunk);
      first = false;
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    if (error.code === 'unreadable')
      throw new AppError('not-found', `Cannot read ${path}: ${error.message}`);
    say(error.message, 0);
  }
  yield* values.end();
}

interface Request {
  signal: 'traces' | 'metrics';
  body: unknown;
}

/** The export requests in a value: both signals in one object are two; a resource alone is wrapped in one. */
function requestsOf(value: unknown): Request[] {
  if (Array.isArray(value)) return value.flatMap(requestsOf);
  if (typeof value !== 'object' || value === null) return [];
  const has = (name: string) => name in value;
  const traces: Request[] = has('resourceSpans')
    ? [{ signal: 'traces', body: value }]
    : has('scopeSpans')
      ? [{ signal: 'traces', body: { resourceSpans: [value] } }]
      : [];
  const metrics: Request[] = has('resourceMetrics')
    ? [{ signal: 'metrics', body: value }]
    : has('scopeMetrics')
      ? [{ signal: 'metrics', body: { resourceMetrics: [value] } }]
      : [];
  return [...traces, ...metrics];
}

function parsed({ signal, body }: Request): {
  taken: TelemetryBatch | null;
  reason: string | null;
} {
  try {
    const taken = (signal === 'metrics' ? parseMetrics : parseTraces)(body);
    return { taken, reason: taken.rejected === 0 ? null : taken.reasons.join('; ') };
  } catch (error) {
    if (error instanceof AppError) return { taken: null, reason: error.message };
    throw error;
  }
}

function merged(into: TelemetryBatch, more: TelemetryBatch): TelemetryBatch {
  for (const boot of more.boots) into.boots.push(boot);
  for (const call of more.calls) into.calls.push(call);
  for (const attempt of more.attempts) into.attempts.push(attempt);
  for (const count of more.operations) into.operations.push(count);
  for (const dek of more.deks) into.deks.push(dek);
  return into;
}
