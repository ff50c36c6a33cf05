/**
 * prom-client metrics of one or several engines, on the host's own registry. They cost nothing on the hot path: a
 * scrape reads operations from the engines' integers, and KMS calls, which are rare, are counted as they end.
 */
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import {
  type KmsCall,
  type LookupOutcome,
  leaseBucketsMs,
  type Path,
  type TelemetrySink,
  type TelemetrySource,
} from './port.ts';

type AnyRegistry = Registry | Registry<OpenMetricsContentType>;

const cacheResults: ReadonlySet<LookupOutcome> = new Set(['hit', 'coalesced', 'miss']);
const resultOf = (outcome: LookupOutcome): string =>
  cacheResults.has(outcome) ? outcome : 'refused';

/**
 * Registers Keytide's metrics and returns the sink to give to each engine's `telemetry`.
 * - engines: `keytide_operations_total{op,outcome}`, `keytide_messages_total`, `keytide_telemetry_sink_errors_total`
 * - cache: `keytide_dek_cache_requests_total{path,result}`, `keytide_dek_cache_misses_total{path,cause}`,
 * - its leases: `keytide_dek_cache_entries`, `keytide_dek_cache_lease_entries{le}`,
 * - `keytide_dek_cache_oldest_lease_seconds`
 * - KMS: `keytide_kms_calls_total{provider,operation,cause}`, `keytide_kms_attempts_total{provider,operation,outcome}`,
 * - `keytide_kms_attempt_duration_seconds{provider,operation}`, with trace ids as exemplars on an OpenMetrics registry
 */
export function registerMetrics(registry: AnyRegistry): TelemetrySink {
  const engines = new Engines();
  registerCounts(registry, engines);
  registerLeases(registry, engines);
  const counted = callMetrics(registry);
  return {
    attach: (source) => engines.open.add(source),
    call: (call) => counted(call),
    close: async (source) => engines.close(source),
  };
}

/** The running engines, and the counts of closed ones. */
class Engines {
  readonly open = new Set<TelemetrySource>();
  readonly #left = new Map<string, { path: Path; outcome: LookupOutcome; n: number }>();
  #messagesLeft = 0;
  #sinkFaultsLeft = 0;

  close(source: TelemetrySource): void {
    if (!this.open.delete(source)) return;
    const { operations, messages, sinkFaults } = source.totals();
    this.#messagesLeft += messages;
    this.#sinkFaultsLeft += sinkFaults;
    for (const { path, outcome, n } of operations) {
      const key = JSON.stringify([path, outcome]);
      this.#left.set(key, { path, outcome, n: n + (this.#left.get(key)?.n ?? 0) });
    }
  }

  *lookups(): Generator<{ path: Path; outcome: LookupOutcome; n: number }> {
    const all = [...this.open].map((source) => source.totals().operations);
    for (const count of [...this.#left.values(), ...all.flat()]) if (count.n > 0) yield count;
  }

  get messages(): number {
    return this.#sum((source) => source.totals().messages) + this.#messagesLeft;
  }

  get sinkFaults(): number {
    return this.#sum((source) => source.totals().sinkFaults) + this.#sinkFaultsLeft;
  }

  get entries(): number {
    return this.#sum((source) => source.totals().entries);
  }

  #sum(of: (source: TelemetrySource) => number): number {
    return [...this.open].reduce((sum, source) => sum + of(source), 0);
  }
}

function registerCounts(registry: AnyRegistry, engines: Engines): void {
  const registers = [registry];
  new Counter({
    name: 'keytide_operations_total',
    help: 'DEK lookups by operation and how they ended.',
    labelNames: ['op', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { path, outcome, n } of engines.lookups()) this.inc({ op: path, outcome }, n);
    },
  });
  new Counter({
    name: 'keytide_dek_cache_requests_total',
    help: 'DEK cache requests: hit, coalesced (waited for another), miss (asked the KMS) or refused.',
    labelNames: ['path', 'result'],
    registers,
    collect() {
      this.reset();
      for (const { path, outcome, n } of engines.lookups())
        this.inc({ path, result: resultOf(outcome) }, n);
    },
  });
  new Counter({
    name: 'keytide_messages_total',
    help: 'Message scopes begun.',
    registers,
    collect() {
      this.reset();
      this.inc(engines.messages);
    },
  });
  new Counter({
    name: 'keytide_telemetry_sink_errors_total',
    help: 'How often a telemetry sink threw, rejected or did not close in time.',
    registers,
    collect() {
      this.reset();
      this.inc(engines.sinkFaults);
    },
  });
}

function registerLeases(registry: AnyRegistry, engines: Engines): void {
  const registers = [registry];
  new Gauge({
    name: 'keytide_dek_cache_entries',
    help: 'Plaintext DEKs in memory.',
    registers,
    collect() {
      this.set(engines.entries);
    },
  });
  new Gauge({
    name: 'keytide_dek_cache_lease_entries',
    help: 'Plaintext DEKs whose lease ends within this many seconds.',
    labelNames: ['le'],
    registers,
    collect() {
      const leases = [...engines.open].map((source) => source.leases());
      let within = 0;
      for (const [at, upToMs] of leaseBucketsMs.entries()) {
        for (const { remaining } of leases) within += remaining[at] ?? 0;
        const le = upToMs === Number.POSITIVE_INFINITY ? '+Inf' : String(upToMs / 1000);
        this.set({ le }, within);
      }
    },
  });
  new Gauge({
    name: 'keytide_dek_cache_oldest_lease_seconds',
    help: 'Time since the KMS call that gave the longest-held DEK in use; it never reaches the TTL.',
    registers,
    collect() {
      const ages = [...engines.open].map((source) => source.leases().oldestMs);
      this.set(Math.max(0, ...ages) / 1000);
    },
  });
}

/** Causes of calls that no missed lookup made. */
const besides: ReadonlySet<string> = new Set(['dek.adopted', 'refresh.ahead', 'validate']);

function callMetrics(registry: AnyRegistry): (call: KmsCall) => void {
  const registers = [registry];
  const misses = new Counter({
    name: 'keytide_dek_cache_misses_total',
    help: 'DEK cache misses that became a KMS call, by cause.',
    labelNames: ['path', 'cause'],
    registers,
  });
  const calls = new Counter({
    name: 'keytide_kms_calls_total',
    help: 'Logical KMS calls by cause.',
    labelNames: ['provider', 'operation', 'cause'],
    registers,
  });
  const attempts = new Counter({
    name: 'keytide_kms_attempts_total',
    help: 'Attempts of KMS calls by outcome.',
    labelNames: ['provider', 'operation', 'outcome'],
    registers,
  });
  // prom-client refuses exemplars on any other registry.
  const enableExemplars = registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE;
  const durations = new Histogram({
    name: 'keytide_kms_attempt_duration_seconds',
    help: 'Duration of attempts of KMS calls.',
    labelNames: ['provider', 'operation'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
    enableExemplars,
  });
  return ({ provider, operation, cause, path, traceId, attempts: made }) => {
    calls.inc({ provider, operation, cause });
    if (!besides.has(cause)) misses.inc({ path, cause });
    for (const { outcome, durationMs, spanId } of made) {
      attempts.inc({ provider, operation, outcome });
      const labels = { provider, operation };
      const value = durationMs / 1000;
      if (enableExemplars) {
        const exemplarLabels: object = { trace_id: traceId, span_id: spanId };
        durations.observe({ labels, value, exemplarLabels });
      } else durations.observe(labels, value);
    }
  };
}
