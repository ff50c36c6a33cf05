import {
  encodeStatus,
  metricsMessages,
  type OtlpMessages,
  traceMessages,
} from '../../ingest/otlp-protobuf.ts';
import { acceptMetrics, acceptTraces, type OtlpAnswer, type OtlpCall } from './accept-otlp.ts';

/** What one OTLP path takes in, and its messages in protobuf. */
export interface OtlpSignal extends OtlpMessages {
  /** @throws {AppError} `bad-request` where the input is no such request, `unavailable` where the database is away. */
  accept(call: OtlpCall): Promise<OtlpAnswer>;
}

export const otlpTraces: OtlpSignal = { ...traceMessages, accept: acceptTraces };
export const otlpMetrics: OtlpSignal = { ...metricsMessages, accept: acceptMetrics };

/** An error's body for a sender of protobuf; `code` is gRPC's. */
export const otlpStatus = encodeStatus;
