/**
 * prom-client metrics of one or several engines, on the host's own registry. The hot path is not touched: operations
 * are read from the engines' integers when a scrape asks; KMS calls, which are rare, are counted as they end.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KmsCall, LookupOutcome, TelemetrySink, TelemetrySource } from './port.ts';

const cacheResults = { hit: 'hit', coalesced: 'coalesced', miss: 'miss' } as const;
const resultOf = (outcome: LookupOutcome): string =>
  outcome in cacheResults ? outcome : 'refused';

/**
 * Registers Keytide's metrics and returns the sink to give to each engine's `telemetry`.
 * Names: `keytide_operations_total{op,outcome}`, `keytide_dek_cache_requests_total{path,result}`,
 * `keytide_dek_cache_misses_total{path,cause}`, `keytide_dek_cache_entries`, `keytide_messages_total`,
 * `keytide_kms_calls_total{provider,operation,cause}`, `keytide_kms_attempts_total{provider,operation,outcome}`,
 * `keytide_kms_attempt_duration_seconds{provider,operation}`.
 */
export function registerMetrics(registry: Registry): TelemetrySink {
  const sources = new Set<TelemetrySource>();
  registerReadMetrics(registry, sources);
  const counted = callMetrics(registry);
  return {
    attach: (source) => {
      sources.add(source);
    },
    call: (call) => counted(call),
    close: async () => {},
  };
}

function registerReadMetrics(registry: Registry, sources: ReadonlySet<TelemetrySource>): void {
  const registers = [registry];
  const eachLookup = (add: (path: string, outcome: LookupOutcome, n: number) => void) => {
    for (const source of sources) {
      for (const { path, outcome, n } of source.totals().operations)
        if (n > 0) add(path, outcome, n);
    }
  };
  new Counter({
    name: 'keytide_operations_total',
    help: 'DEK lookups by operation and how they ended.',
    labelNames: ['op', 'outcome'],
    registers,
    collect() {
      this.reset();
      eachLookup((op, outcome, n) => this.inc({ op, outcome }, n));
    },
  });
  new Counter({
    name: 'keytide_dek_cache_requests_total',
    help: 'DEK cache requests: hit, coalesced (waited for another), miss (asked the KMS) or refused.',
    labelNames: ['path', 'result'],
    registers,
    collect() {
      this.reset();
      eachLookup((path, outcome, n) => this.inc({ path, result: resultOf(outcome) }, n));
    },
  });
  new Counter({
    name: 'keytide_messages_total',
    help: 'Message scopes begun.',
    registers,
    collect() {
      this.reset();
      for (const source of sources) this.inc(source.totals().messages);
    },
  });
  new Gauge({
    name: 'keytide_dek_cache_entries',
    help: 'Plaintext DEKs in memory.',
    registers,
    collect() {
      this.set([...sources].reduce((sum, source) => sum + source.totals().entries, 0));
    },
  });
}

function callMetrics(registry: Registry): (call: KmsCall) => void {
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
  const durations = new Histogram({
    name: 'keytide_kms_attempt_duration_seconds',
    help: 'Duration of attempts of KMS calls.',
    labelNames: ['provider', 'operation'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  return ({ provider, operation, cause, path, attempts: made }) => {
    calls.inc({ provider, operation, cause });
    if (path !== 'validate') misses.inc({ path, cause });
    for (const { outcome, durationMs } of made) {
      attempts.inc({ provider, operation, outcome });
      durations.observe({ provider, operation }, durationMs / 1000);
    }
  };
}
