/**
 * An optional copy of the engine's spans on the host's own OpenTelemetry tracer. The host may sample and drop them:
 * Keytide's accounting goes by its own sender. The tracer is described, not imported, so that no package is needed.
 */
import { RecentMap } from '../recent-map.ts';
import type { KmsAttempt, KmsCall, TelemetrySink } from './port.ts';
import { type Attributes, attemptAttributes, callAttributes } from './span-attributes.ts';

/** Seconds and nanoseconds since the epoch. */
type HrTime = [number, number];

/** What of `@opentelemetry/api`'s `Span` is used. */
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

/** What of `@opentelemetry/api`'s `Context` a tracer reads. */
export interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
  deleteValue(key: symbol): OtelContext;
}

/** What of `@opentelemetry/api`'s `Tracer` is used. */
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
/** By this key, which is its contract, OpenTelemetry's API finds the parent span in a context. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');
const parentsMax = 10_000;

/**
 * A sink for one engine: each KMS call as a root span with a child for each attempt, linked to the load that it
 * continues. Spans are made when the call has ended, with the engine's own timestamps.
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

function defined(attributes: Attributes): Record<string, string | number | boolean> {
  const kept = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Record<string, string | number | boolean>;
}

/** As a number, an instant before the process began would be taken for one since. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * 1e6)];
}
