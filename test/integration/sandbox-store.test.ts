/** The sandbox of all clouds into the store: telemetry as engines send it, each log by its own API, and all is told. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sandbox } from '../../lib/sandbox/sandbox.ts';
import { clouds } from '../../lib/sandbox/sides/side.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { sandboxSource } from '../../lib/services/intake/log-sources.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import type { LogSource } from '../../lib/services/intake/poll-loop.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-store.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 20, 9);
const untilMs = startMs + 3 * hourMs;
let store: TestStore;
let otlp: OtlpReceiver;
let sandbox: Sandbox;

beforeAll(async () => {
  store = await openTestStore();
  otlp = await startOtlpReceiver(store.ctx);
  const at = startMs + hourMs;
  sandbox = new Sandbox({
    startMs,
    seed: 7,
    clouds,
    otlp: { url: otlp.url, token: 'made-up' },
    messagesPerHour: 200,
    processes: 3,
    plants: [
      { kind: 'stranger', at, times: 5 },
      { kind: 'suspect', at },
      { kind: 'audit', at },
    ],
  });
  await sandbox.layHistory(untilMs, () => {});
  // All that was logged has arrived by then.
  sandbox.clock.jumpTo(untilMs + hourMs);
  await sandbox.goLive(1);
});
afterAll(async () => {
  await sandbox.close();
  await otlp.close();
  await store.close();
});

function sources(): LogSource[] {
  const rest = { startMs, everyMs: 1_000 };
  return (sandbox.access() ?? []).map((access) => sandboxSource(access, rest));
}

test('every attempt is matched in the log of its own cloud, and nobody but who was planted is a stranger', async () => {
  store.setNow(sandbox.clock.now());
  for (const source of sources()) {
    await pollLog({ ctx: store.ctx, input: source });
    source.reader.close();
  }
  await store.cover(untilMs);
  const view = await explain({ ctx: store.ctx, input: { window: { from: startMs, to: untilMs } } });
  expect(view.ledger.lines.map(({ id, residual }) => ({ id, residual }))).toEqual(
    ['operations', 'calls', 'attempts', 'log', 'events'].map((id) => ({ id, residual: 0 })),
  );
  const log = view.ledger.lines.find(({ id }) => id === 'log');
  expect(log?.total).toBeGreaterThan(80);
  expect(log?.terms.find(({ id }) => id === 'matched')?.value).toBe(log?.total);
  const found = view.strangers.map(({ kind, key, events }) => {
    const cloud = key.startsWith('gcp-kms:')
      ? 'gcp'
      : key.startsWith('azure-kv:')
        ? 'azure'
        : 'aws';
    return `${cloud} ${kind} ${events}`;
  });
  // On two of them a service of the cloud uses the key for its customer besides, three times.
  expect(found.sort()).toEqual([
    'aws stranger 5',
    'aws suspect 3',
    'azure stranger 3',
    'azure stranger 5',
    'azure suspect 3',
    'gcp stranger 3',
    'gcp stranger 5',
    'gcp suspect 3',
  ]);
  expect(otlp.faults).toEqual([]);
});
