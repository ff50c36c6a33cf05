import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instantMin } from '../../lib/domain/instant-range.ts';
import { readTrace } from '../../lib/sandbox/replay/read-trace.ts';
import { explain } from '../../lib/services/explain.ts';
import { storeExtent } from '../../lib/services/extent.ts';
import { importFiles } from '../../lib/services/import-files.ts';
import { importTelemetry } from '../../lib/services/import-telemetry.ts';
import { needSharedData } from '../support/shared-data.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { scratchDir } from '../support/up.ts';
import {
  type ExpectedPolicy,
  readExpected,
  readExpectedHours,
  replayVariant,
} from '../support/workloads.ts';

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
let store: TestStore;
let dir: string;

beforeAll(async () => {
  store = await openTestStore();
  dir = await scratchDir();
}, 60_000);
afterAll(async () => {
  await store.close();
  await rm(dir, { recursive: true, force: true });
});

const variants = ['24h_8p_row_shared', '1h_8p_row_shared'];
const traces = ['ragpulse_14d', 'mooncake_conv_1h'];
if (process.env.KEYTIDE_WORKLOADS === 'all') traces.push('zulip_two_orgs');
const minutesMax = 15;

test.for(traces.flatMap((trace) => variants.map((variant) => ({ trace, variant }))))(
  'the explanation of a replay of $trace under $variant has the causes and busiest hours that are known',
  { timeout: minutesMax * 60_000 },
  async ({ trace, variant }, context) => {
    const recorded = await readTrace(needSharedData(context, `workloads/${trace}.csv.gz`));
    // A store takes no time about 1970: a trace that counts from 0 is moved.
    const movedMs = (recorded[0]?.at ?? 0) < instantMin ? 2_600 * weekMs : 0;
    const rows = recorded.map((row) => ({ ...row, at: row.at + movedMs }));
    const expected = await readExpected(needSharedData(context, 'workloads/expected.json'));
    const hours = await readExpectedHours(
      needSharedData(context, 'workloads/expected-hourly.csv.gz'),
    );
    const out = join(dir, `${trace}-${variant}`);
    const policy = expected.variants[variant];
    if (policy === undefined) throw new Error(`there is no variant ${variant}`);
    const replayed = await replayVariant(rows, policy, out);
    await store.clear();
    const { ctx } = store;
    expect(
      await importTelemetry({ ctx, input: { paths: [join(out, 'telemetry.jsonl')] } }),
    ).toEqual([]);
    await importFiles({ ctx, input: { paths: [join(out, 'log')] } });
    await rm(out, { recursive: true });
    const extent = await storeExtent({ ctx });
    if (extent === null) throw new Error('nothing was taken in');
    const view = await explain({ ctx, input: { window: extent } });
    expect(view.ledger.lines.map(({ residual }) => residual)).toEqual([0, 0, 0, 0, 0]);
    const found: Record<string, number> = {};
    for (const { causes } of view.buckets)
      for (const [refined, n] of Object.entries(causes)) {
        const cause = refined.startsWith('load.first.') ? 'load.first' : refined;
        found[cause] = (found[cause] ?? 0) + n;
      }
    const known = Object.entries(replayed.causes).filter(([, n]) => n > 0);
    expect(found).toEqual(Object.fromEntries(known));
    expect(countsOf(found)).toEqual(knownCounts(expected.traces[trace]?.policies[variant]));
    const most = hours
      .filter((hour) => hour.trace === trace && hour.variant === variant)
      .map(({ hour, encrypt, decrypt }) => ({
        hour: movedMs + hour * hourMs,
        calls: encrypt + decrypt,
      }))
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.calls - a.calls || a.hour - b.hour);
    expect(view.busiestHours.map(({ hour, calls }) => ({ hour, calls }))).toEqual(
      most.slice(0, view.busiestHours.length),
    );
  },
);

function countsOf(causes: Record<string, number>) {
  const { 'load.first': cold, 'load.expired': expired, 'load.reopened': reopened } = causes;
  const encrypts = (causes['dek.first'] ?? 0) + (causes['dek.rotation'] ?? 0);
  return { encrypts, cold: cold ?? 0, expired: expired ?? 0, reopened: reopened ?? 0 };
}

function knownCounts(policy: ExpectedPolicy | undefined) {
  const idle = policy?.expired_idle;
  return {
    encrypts: policy?.kms_encrypt,
    cold: policy?.decrypt_cause.cold,
    expired: idle?.['<ttl'] ?? 0,
    reopened: idle?.['>=ttl'] ?? 0,
  };
}
