import { AppError } from '../../domain/app-error.ts';
import type { TelemetryBatch } from '../../domain/telemetry-record.ts';
import { parseMetrics, parseTraces } from '../../ingest/parse-otlp.ts';
import { isOutage } from '../../store/connection/is-outage.ts';
import type { ServiceContext } from '../context.ts';
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
  return answer(await ingest(ctx, batch), 'rejectedSpans');
}

/** Takes an ExportMetricsServiceRequest in. @throws {AppError} `bad-request` where it is none, `unavailable` */
export async function acceptMetrics({ ctx, input }: OtlpCall): Promise<OtlpAnswer> {
  const batch = parseMetrics(input);
  return answer(await ingest(ctx, batch), 'rejectedDataPoints');
}

/** Senders usually wait 10 s. A larger batch goes in part by part, as often as it is sent again. */
const ingestMsMax = 8_000;
const rowsPerTransaction = 2_000;

type NotTaken = Pick<TelemetryBatch, 'rejected' | 'reasons'>;

/** A sender keeps what it is asked to send again, and drops what is refused for good. */
async function ingest(ctx: OtlpCall['ctx'], batch: TelemetryBatch): Promise<NotTaken> {
  try {
    const until = AbortSignal.timeout(ingestMsMax);
    const bounds = { rowsPerTransaction, until, live: true };
    const { rejected, reasons } = await ingestTelemetry({ ctx, input: batch, bounds });
    return { rejected: batch.rejected + rejected, reasons: [...batch.reasons, ...reasons] };
  } catch (cause) {
    if (!isOutage(cause)) throw cause;
    throw new AppError('unavailable', 'The database does not answer now; send the batch again.', {
      cause,
    });
  }
}

function answer(
  { rejected, reasons }: NotTaken,
  field: 'rejectedSpans' | 'rejectedDataPoints',
): OtlpAnswer {
  if (rejected === 0) return {};
  return { partialSuccess: { [field]: String(rejected), errorMessage: reasons.join('; ') } };
}
