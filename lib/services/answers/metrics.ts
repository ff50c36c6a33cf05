import { Gauge, Registry } from 'prom-client';
import {
  eventKind,
  isJudgedByTelemetry,
  ourPrincipals,
  total,
  type WindowFacts,
} from '../../explain/ledger/facts.ts';
import { buildLedger } from '../../explain/ledger/ledger.ts';
import { countsOf } from '../../explain/ledger/ledger-counts.ts';
import type { Ledger } from '../../shared/dto.ts';
import { isNamed, type ServiceFacts } from '../../shared/service-facts.ts';
import type { SpikeView } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readAuditSources } from '../../store/entities/audit-sources.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { sumsBefore } from '../retention.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { readService, serviceFacts } from './service-facts.ts';
import { findSpikes } from './spikes.ts';
import { watermarkOf } from './watermark.ts';
import { windowFacts } from './window-facts.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The largest are told. */
const spikesMax = 10;

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
  const registry = registryOf(
    await oneSnapshot(ctx, (view) => sumsOf(view, { from: to - hourMs, to })),
  );
  return { contentType: registry.contentType, text: await registry.metrics() };
}

interface Sums {
  ledger: Ledger;
  coveredUntil: number | null;
  uses: { stranger: number; suspect: number };
  spikes: SpikeView[];
}

async function sumsOf(ctx: ViewContext, window: TimeWindow): Promise<Sums> {
  const sources = await readAuditSources(ctx.db);
  const service = serviceFacts(await readService({ ctx }));
  const watermark = await watermarkOf(ctx, sources);
  const before = await sumsBefore(ctx.db, window);
  const facts = await windowFacts(
    ctx,
    { window, filter: {} },
    { sources, service, watermark, sumsBefore: before },
  );
  const counts = countsOf(facts);
  const { spikes } = await findSpikes({ ctx, input: { window, filter: {}, spikesMax } });
  const { stranger, suspect } = counts.events;
  // Of a log alone only those are strangers who are none of the principals that were named.
  const uses = counts.known.traces
    ? { stranger, suspect }
    : { stranger: strangersOf(facts, service), suspect: 0 };
  return { ledger: buildLedger(facts), coveredUntil: facts.coveredUntil, uses, spikes };
}

/** Uses by none of the principals that were named; nobody's where none was. */
function strangersOf(facts: WindowFacts, service: ServiceFacts): number {
  if (service.principals.length === 0) return 0;
  const ours = ourPrincipals(facts);
  return total(facts.sums, ({ measure, label, process: id }) => {
    if (measure !== 'events' || !isJudgedByTelemetry(eventKind(label, ours.has(id)))) return false;
    return !isNamed(service, { id, name: facts.principals.get(id)?.name ?? id });
  });
}

function registryOf({ ledger, coveredUntil, uses, spikes }: Sums): Registry {
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
  for (const { id: line, total, terms: of, residual } of ledger.lines) {
    lines.set({ line }, total);
    residuals.set({ line }, residual);
    for (const { id: term, value } of of) terms.set({ line, term }, value);
  }
  gauge('messages', 'Messages over the last hour').set(ledger.messages);
  const { stranger, suspect } = uses;
  gauge('stranger_events', 'Uses of the keys by other principals, last hour').set(stranger);
  gauge('suspect_events', 'Uses by our principals that are no call of ours, last hour').set(
    suspect,
  );
  const excess = spikes.reduce((most, spike) => Math.max(most, spike.excess), 0);
  gauge(
    'spike_excess_requests',
    'Requests above expectation in the largest spike of the last hour',
  ).set(excess);
  const missing = gauge(
    'drop_missing_requests',
    'Requests or events below expectation in the largest drop of the last hour, by what it is',
    ['kind'],
  );
  for (const { drop, excess: above } of spikes.toReversed())
    if (drop !== null) missing.set({ kind: drop.kind }, -above);
  if (coveredUntil !== null) {
    gauge(
      'audit_covered_until_timestamp_seconds',
      'Before this instant the audit log is complete',
    ).set(coveredUntil / 1000);
  }
  return registry;
}
