import type { TelemetryBatch } from '../domain/telemetry-record.ts';
import { parseMetrics, parseTraces } from '../ingest/parse-otlp.ts';
import type { ServiceContext } from './context.ts';
import { ingestTelemetry } from './ingest-telemetry.ts';

/** OTLP's answer: empty, or what was not taken and why. */
export interface OtlpAnswer {
  partialSuccess?: { rejectedSpans?: string; rejectedDataPoints?: string; errorMessage: string };
}

interface OtlpCall {
  ctx: Pick<ServiceContext, 'db'>;
  input: unknown;
}

/** Takes an ExportTraceServiceRequest in. @throws {AppError} `bad-request` where the body is none. */
export async function acceptTraces({ ctx, input }: OtlpCall): Promise<OtlpAnswer> {
  const batch = parseTraces(input);
  await ingestTelemetry({ ctx, input: batch });
  return answer(batch, 'rejectedSpans');
}

/** Takes an ExportMetricsServiceRequest in. @throws {AppError} `bad-request` where the body is none. */
export async function acceptMetrics({ ctx, input }: OtlpCall): Promise<OtlpAnswer> {
  const batch = parseMetrics(input);
  await ingestTelemetry({ ctx, input: batch });
  return answer(batch, 'rejectedDataPoints');
}

function answer(
  { rejected, reasons }: TelemetryBatch,
  field: 'rejectedSpans' | 'rejectedDataPoints',
): OtlpAnswer {
  if (rejected === 0) return {};
  return { partialSuccess: { [field]: String(rejected), errorMessage: reasons.join('; ') } };
}
