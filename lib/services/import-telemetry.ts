import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AppError } from '../domain/app-error.ts';
import { type TelemetryBatch, telemetryRows } from '../domain/telemetry-record.ts';
import { parseMetrics, parseTraces } from '../ingest/parse-otlp.ts';
import type { ServiceContext } from './context.ts';
import { ingestTelemetry } from './ingest-telemetry.ts';

/** Rows that are taken in at once. */
const rowsPerBatch = 20_000;
const faultsMax = 1_000;

/** What of a file could not be taken. */
export interface TelemetryFault {
  file: string;
  line: number;
  reason: string;
}

/**
 * Takes files of OTLP JSON export requests, one a line, in. Resolves to what could not be taken: the first thousand.
 * @throws {AppError} `not-found` for a file that cannot be read.
 */
export async function importTelemetry({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: { paths: readonly string[] };
}): Promise<TelemetryFault[]> {
  const faults: TelemetryFault[] = [];
  let batch: TelemetryBatch | null = null;
  let last = { file: '', line: 0 };
  const flush = async () => {
    if (batch !== null) {
      const { rejected, reasons } = await ingestTelemetry({ ctx, input: batch });
      const reason = `${rejected} of the lines before were not taken: ${reasons.join('; ')}`;
      if (rejected > 0) faults.push({ ...last, reason });
    }
    batch = null;
  };
  for (const file of input.paths) {
    let line = 0;
    for await (const text of linesOf(file)) {
      line += 1;
      last = { file, line };
      if (text.trim() === '') continue;
      const { taken, reason } = parsed(text);
      if (reason !== null && faults.length < faultsMax) faults.push({ file, line, reason });
      if (taken === null) continue;
      batch = batch === null ? taken : merged(batch, taken);
      if (telemetryRows(batch) >= rowsPerBatch) await flush();
    }
  }
  await flush();
  return faults;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const stream = createReadStream(path);
  stream.on('error', () => undefined);
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw new AppError('not-found', `Cannot read ${path}: ${reason}`);
  }
}

function parsed(text: string): { taken: TelemetryBatch | null; reason: string | null } {
  try {
    const body: unknown = JSON.parse(text);
    const metrics = typeof body === 'object' && body !== null && 'resourceMetrics' in body;
    const taken = (metrics ? parseMetrics : parseTraces)(body);
    return { taken, reason: taken.rejected === 0 ? null : taken.reasons.join('; ') };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof AppError)
      return { taken: null, reason: error.message };
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
