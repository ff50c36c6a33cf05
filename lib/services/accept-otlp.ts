import { AppError } from '../domain/app-error.ts';
import type { TelemetryBatch } from '../domain/telemetry-record.ts';
import { parseMetrics, parseTraces } from '../ingest/parse-otlp.ts';
import { isOutage } from '../store/is-outage.ts';
import type { ServiceContext } from './context.ts';
import { ingestTelemetry } from './ingest-telemetry.ts';

/** OTLP's answer: empty, or what was not taken and why. */
export interface OtlpAnswer {
  partialSuccess?: { rejectedSpans?: string; rejectedDataPoints?: string; errorMessage: string };
}

export interface OtlpCall {
  ctx: Pick<ServiceContext, 'db'>;
  input: unknown;
}

/** Takes an ExportTraceServiceRequest in. @throws {AppError} `bad-request` where it is none, `unavailable` */
export async function acceptTraces({ ctx, input }: OtlpCall): Promise<OtlpAnswer> {
  const batch = parseTraces(input);
  await ingest(ctx, batch);
  return answer(batch, 'rejectedSpans');
}

/** Takes an ExportMetricsServiceRequest in. @throws {AppError} `bad-request` where it is none, `unavailable` */
export async function acceptMetrics({ ctx, input }: OtlpCall): Promise<OtlpAnswer> {
  const batch = parseMetrics(input);
  await ingest(ctx, batch);
  return answer(batch, 'rejectedDataPoints');
}

/** A sender keeps what it is told to send again, and gives up what a fault of ours refuses. */
async function ingest(ctx: OtlpCall['ctx'], batch: TelemetryBatch): Promise<void> {
  try {
    await ingestTelemetry({ ctx, input: batch });
  } catch (cause) {
    if (!isOutage(cause)) throw cause;
    throw new AppError('unavailable', 'The database does not answer now; send the batch again.', {
      cause,
    });
  }
}

function answer(
  { rejected, reasons }: TelemetryBatch,
  field: 'rejectedSpans' | 'rejectedDataPoints',
): OtlpAnswer {
  if (rejected === 0) return {};
  return { partialSuccess: { [field]: String(rejected), errorMessage: reasons.join('; ') } };
}
