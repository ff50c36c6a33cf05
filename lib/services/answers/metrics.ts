import { Gauge, Registry } from 'prom-client';
import type { ExplainView } from '../../shared/dto.ts';
import type { ServiceContext } from '../context.ts';
import { explain } from './explain.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * The ledger of the hour that ends with the last whole minute before `until` (epoch ms), as Prometheus text; its labels
 * are the ledger's own names.
 */
export async function metrics({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { until: number };
}): Promise<{ contentType: string; text: string }> {
  const to = Math.floor(input.until / minuteMs) * minuteMs;
  const window = { from: to - hourMs, to };
  const registry = registryOf(await explain({ ctx, input: { window } }));
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function registryOf(view: ExplainView): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `keytide_${name}`, help, labelNames, registers: [registry] });
  const lines = gauge('ledger_line', 'Total of a ledger line over the last hour', ['line']);
  const terms = gauge('ledger_term', 'Signed terms of a ledger line over the last hour', [
    'line',
    'term',
  ]);
  const residuals = gauge('ledger_residual', 'What a ledger line cannot account for, last hour', [
    'line',
  ]);
  for (const { id: line, total, terms: of, residual } of view.ledger.lines) {
    lines.set({ line }, total);
    residuals.set({ line }, residual);
    for (const { id: term, value } of of) terms.set({ line, term }, value);
  }
  gauge('messages', 'Messages over the last hour').set(view.ledger.messages);
  const uses = (kind: 'stranger' | 'suspect') =>
    view.strangers.reduce((sum, use) => (use.kind === kind ? sum + use.events : sum), 0);
  gauge('stranger_events', 'Uses of the keys by other principals, last hour').set(uses('stranger'));
  gauge('suspect_events', 'Uses by our principals that are no call of ours, last hour').set(
    uses('suspect'),
  );
  const excess = view.spikes.reduce((most, spike) => Math.max(most, spike.excess), 0);
  gauge(
    'spike_excess_requests',
    'Requests above expectation in the largest spike of the last hour',
  ).set(excess);
  const missing = gauge(
    'drop_missing_requests',
    'Requests or events below expectation in the largest drop of the last hour, by what it is',
    ['kind'],
  );
  for (const { drop, excess: above } of view.spikes.toReversed())
    if (drop !== null) missing.set({ kind: drop.kind }, -above);
  if (view.coveredUntil !== null) {
    gauge(
      'audit_covered_until_timestamp_seconds',
      'Before this instant the audit log is complete',
    ).set(view.coveredUntil / 1000);
  }
  return registry;
}
