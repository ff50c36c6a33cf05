import { type OpenMetricsContentType, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { registerMetrics } from '../src/telemetry/prometheus.ts';
import { codeOf, coldPeer, harness, hourMs, minuteMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

/** Parses the exposition text into a map from series to value. */
function seriesOf(text: string): Record<string, number> {
  const series: Record<string, number> = {};
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# ')) continue;
    const parsed = /^([a-z_]+(?:\{(?:[a-z]+="[^"]*",?)*\})?) (\S+)$/.exec(line);
    if (parsed === null) throw new Error(`no series: ${line}`);
    series[parsed[1] ?? ''] = Number(parsed[2]);
  }
  return series;
}

async function scraped() {
  const registry = new Registry();
  const metrics = registerMetrics(registry);
  const one = harness({ telemetry: [metrics], policy: { dekRotationMs: hourMs } });
  const two = coldPeer(one, { telemetry: [metrics] });
  return { one, two, scrape: async () => seriesOf(await registry.metrics()), registry };
}

describe('the Prometheus metrics', () => {
  test('add up two engines on one registry', async () => {
    const { one, two, scrape } = await scraped();
    const envelope = await one.engine.message({ workspace }, (scope) => scope.encrypt(plaintext));
    await one.engine.encrypt(plaintext, { workspace });
    await Promise.all([1, 2, 3].map(() => two.engine.decrypt(envelope, { workspace })));
    one.runtime.advance(hourMs);
    await one.engine.encrypt(plaintext, { workspace });
    await one.engine.validate(workspace);
    const series = await scrape();
    expect(series).toMatchObject({
      keytide_messages_total: 1,
      keytide_dek_cache_entries: 3,
      'keytide_operations_total{op="encrypt",outcome="miss"}': 2,
      'keytide_operations_total{op="encrypt",outcome="hit"}': 1,
      'keytide_operations_total{op="decrypt",outcome="miss"}': 1,
      'keytide_operations_total{op="decrypt",outcome="coalesced"}': 2,
      'keytide_dek_cache_requests_total{path="decrypt",result="coalesced"}': 2,
      'keytide_dek_cache_misses_total{path="encrypt",cause="dek.first"}': 1,
      'keytide_dek_cache_misses_total{path="encrypt",cause="dek.rotation"}': 1,
      'keytide_dek_cache_misses_total{path="decrypt",cause="load.first"}': 1,
      'keytide_kms_calls_total{provider="fake",operation="Decrypt",cause="load.first"}': 1,
      'keytide_kms_calls_total{provider="fake",operation="Encrypt",cause="validate"}': 1,
      'keytide_kms_attempts_total{provider="fake",operation="Encrypt",outcome="ok"}': 3,
      'keytide_kms_attempt_duration_seconds_count{provider="fake",operation="Encrypt"}': 3,
    });
    expect(Object.keys(series).every((name) => name.startsWith('keytide_'))).toBe(true);
    const misses = Object.keys(series).filter((name) => name.includes('_misses_total'));
    expect(misses).toHaveLength(3);
  });

  test('show refusals by their reason, and retries as attempts', async () => {
    const { one, scrape } = await scraped();
    one.kms.always('Encrypt', 'outage');
    await codeOf(one.engine.encrypt(plaintext, { workspace }));
    await codeOf(one.engine.encrypt(plaintext, { workspace }));
    expect(await scrape()).toMatchObject({
      'keytide_operations_total{op="encrypt",outcome="outage"}': 1,
      'keytide_dek_cache_requests_total{path="encrypt",result="refused"}': 1,
      'keytide_kms_calls_total{provider="fake",operation="Encrypt",cause="dek.first"}': 1,
      'keytide_kms_attempts_total{provider="fake",operation="Encrypt",outcome="outage"}': 3,
      'keytide_kms_attempt_duration_seconds_sum{provider="fake",operation="Encrypt"}': 0,
    });
  });

  test('count nothing twice however often they are scraped, and never fall after close', async () => {
    const { one, scrape } = await scraped();
    await one.engine.encrypt(plaintext, { workspace });
    const first = await scrape();
    expect(await scrape()).toEqual(first);
    await one.engine.close();
    const after = await scrape();
    for (const [name, value] of Object.entries(first)) {
      expect(after[name]).toBe(/_(?:lease_)?entries|_lease_seconds/.test(name) ? 0 : value);
    }
  });

  test('keep a closed engine’s counts and nothing else of it', async () => {
    const registry = new Registry();
    const metrics = registerMetrics(registry);
    const engines = Array.from({ length: 3 }, () => harness({ telemetry: [metrics] }).engine);
    for (const engine of engines) {
      await engine.encrypt(plaintext, { workspace });
      await engine.message({ workspace }, async () => {});
      await engine.close();
      // Refusals of a closed engine are no longer read.
      await codeOf(engine.encrypt(plaintext, { workspace }));
    }
    const series = seriesOf(await registry.metrics());
    expect(series['keytide_operations_total{op="encrypt",outcome="miss"}']).toBe(3);
    expect(series['keytide_operations_total{op="encrypt",outcome="closed"}']).toBeUndefined();
    expect(series.keytide_messages_total).toBe(3);
    expect(series.keytide_dek_cache_entries).toBe(0);
  });

  test('show how long leases still run and how old the oldest is', async () => {
    const { one, two, scrape } = await scraped();
    await one.engine.encrypt(plaintext, { workspace });
    one.runtime.advance(50 * minuteMs);
    await two.engine.encrypt(plaintext, { workspace: 'beta' });
    expect(await scrape()).toMatchObject({
      'keytide_dek_cache_lease_entries{le="300"}': 0,
      'keytide_dek_cache_lease_entries{le="900"}': 1,
      'keytide_dek_cache_lease_entries{le="1800"}': 1,
      'keytide_dek_cache_lease_entries{le="3600"}': 2,
      'keytide_dek_cache_lease_entries{le="+Inf"}': 2,
      keytide_dek_cache_oldest_lease_seconds: 3_000,
    });
    one.runtime.advance(10 * minuteMs);
    expect((await scrape()).keytide_dek_cache_oldest_lease_seconds).toBe(600);
  });

  test('count as misses neither adoptions, refreshes nor validations', async () => {
    const registry = new Registry();
    const policy = { refreshAheadMs: hourMs - 1 };
    const { engine } = harness({ telemetry: [registerMetrics(registry)], policy });
    await engine.encrypt(plaintext, { workspace });
    await engine.validate(workspace);
    const series = seriesOf(await registry.metrics());
    const of = (prefix: string) =>
      Object.entries(series).reduce((sum, [name, n]) => sum + (name.startsWith(prefix) ? n : 0), 0);
    expect(of('keytide_kms_calls_total')).toBe(3);
    expect(of('keytide_dek_cache_misses_total')).toBe(1);
  });

  test('carry trace ids as exemplars on an OpenMetrics registry', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const { engine, sink } = harness({ telemetry: [registerMetrics(registry)] });
    await engine.encrypt(plaintext, { workspace });
    const text = await registry.metrics();
    expect(text).toContain(`trace_id="${sink.last().traceId}"`);
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text).toContain('keytide_operations_total{op="encrypt",outcome="miss"} 1');
  });

  test('leave the roll-ups to those who take them', async () => {
    const { one, scrape } = await scraped();
    await one.engine.encrypt(plaintext, { workspace });
    await scrape();
    expect(one.sink.take()?.operations).toHaveLength(1);
  });

  test('have labels from closed sets only: no workspace, key or DEK', async () => {
    const { one, registry } = await scraped();
    await one.engine.encrypt(plaintext, { workspace });
    const text = await registry.metrics();
    for (const free of [workspace, 'arn:aws', one.engine.snapshot().deks[0]?.id ?? 'none']) {
      expect(text).not.toContain(free);
    }
  });
});
