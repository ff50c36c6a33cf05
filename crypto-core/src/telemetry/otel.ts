/**
 * Copies the engine's spans to the host's own OpenTelemetry tracer. The host may sample and drop them: Keytide's
 * accounting uses its own sender. The types of the tracer are declared here, so that no package is needed.
 */
import { RecentMap } from '../recent-map.ts';
import type { KmsAttempt, KmsCall, TelemetrySink } from './port.ts';
import { type Attributes, attemptAttributes, callAttributes } from './span-attributes.ts';

/** Seconds and nanoseconds since the epoch. */
type HrTime = [number, number];

/** The part of `Span` of `@opentelemetry/api` that is used. */
export interface OtelSpan {
  spanContext(): OtelSpanContext;
  setStatus(status: { code: number; message?: string }): unknown;
  end(at?: HrTime): void;
}

export interface OtelSpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** The part of `Context` of `@opentelemetry/api` that a tracer reads. */
export interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
  deleteValue(key: symbol): OtelContext;
}

/** The part of `Tracer` of `@opentelemetry/api` that is used. */
export interface OtelTracer {
  startSpan(
    name: string,
    options: {
      kind: number;
      root?: boolean;
      startTime: HrTime;
      attributes: Record<string, string | number | boolean>;
      links?: { context: OtelSpanContext }[];
    },
    context?: OtelContext,
  ): OtelSpan;
}

const kinds = { internal: 0, client: 2 } as const;
const statusError = 2;
/** The key under which OpenTelemetry's API finds the parent span in a context; it is part of its contract. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');
const parentsMax = 10_000;

/**
 * A sink for one engine. It makes a root span for each KMS call, linked to the load that the call continues, and a
 * child span for each attempt. It makes them when the call has ended, with the engine's own timestamps.
 * @example otelSink(trace.getTracer('keytide'))
 */
export function otelSink(tracer: OtelTracer): TelemetrySink {
  const calls = new RecentMap<OtelSpanContext>(parentsMax);
  let attached = false;
  return {
    attach: () => {
      if (attached) throw new TypeError('an OpenTelemetry sink serves one engine');
      attached = true;
    },
    call: (call) => {
      const parent = call.parentSeq === undefined ? undefined : calls.get(String(call.parentSeq));
      const span = tracer.startSpan(
        'keytide.kms_call',
        {
          kind: kinds.internal,
          root: true,
          startTime: hrTime(call.at),
          attributes: defined(callAttributes(call)),
          ...(parent !== undefined && { links: [{ context: parent }] }),
        },
        contextOf(new Map()),
      );
      calls.set(String(call.seq), span.spanContext());
      const inside = contextOf(new Map([[spanKey, span]]));
      for (const attempt of call.attempts) attemptSpan(tracer, call, attempt, inside);
      end(span, call.outcome, call.endedAt);
    },
    close: async () => {},
  };
}

function attemptSpan(
  tracer: OtelTracer,
  call: KmsCall,
  attempt: KmsAttempt,
  inside: OtelContext,
): void {
  const span = tracer.startSpan(
    `KMS.${call.operation}`,
    {
      kind: kinds.client,
      startTime: hrTime(attempt.sentAt),
      attributes: defined(attemptAttributes(call, attempt)),
    },
    inside,
  );
  end(span, attempt.outcome, attempt.sentAt + attempt.durationMs);
}

function end(span: OtelSpan, outcome: string, at: number): void {
  if (outcome !== 'ok') span.setStatus({ code: statusError, message: outcome });
  span.end(hrTime(at));
}

function contextOf(values: ReadonlyMap<symbol, unknown>): OtelContext {
  return {
    getValue: (key) => values.get(key),
    setValue: (key, value) => contextOf(new Map([...values, [key, value]])),
    deleteValue: (key) => contextOf(new Map([...values].filter(([known]) => known !== key))),
  };
}

/** The attributes that have a value: the filter leaves no other. */
function defined(attributes: Attributes): Record<string, string | number | boolean> {
  const kept = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Record<string, string | number | boolean>;
}

/** A pair, because OpenTelemetry reads a number from before the start of the process as ms since that start. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * 1e6)];
}
