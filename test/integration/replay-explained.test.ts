import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTrace } from '../../lib/sandbox/replay/read-trace.ts';
import { explain } from '../../lib/services/explain.ts';
import { storeExtent } from '../../lib/services/extent.ts';
import { importFiles } from '../../lib/services/import-files.ts';
import { importTelemetry } from '../../lib/services/import-telemetry.ts';
import { needSharedData } from '../support/shared-data.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { scratchDir } from '../support/up.ts';
import { readExpected, readExpectedHours, replayVariant } from '../support/workloads.ts';

const hourMs = 3_600_000;
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

// Of the workloads the one that happened on known days and is small enough to be taken in whole at each run.
const trace = 'ragpulse_14d';

test.for(['24h_8p_row_shared', '1h_8p_row_shared'])(
  'the explanation of a replay under %s has the causes and busiest hours that are known',
  async (variant, context) => {
    const rows = await readTrace(needSharedData(context, `workloads/${trace}.csv.gz`));
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
    const { kms_encrypt, kms_decrypt } = expected.traces[trace]?.policies[variant] ?? {};
    expect(Object.values(found).reduce((sum, n) => sum + n, 0)).toBe(
      (kms_encrypt ?? 0) + (kms_decrypt ?? 0),
    );
    const most = hours
      .filter((hour) => hour.trace === trace && hour.variant === variant)
      .map(({ hour, encrypt, decrypt }) => ({ hour: hour * hourMs, calls: encrypt + decrypt }))
      .sort((a, b) => b.calls - a.calls);
    expect(view.busiestHours.map(({ calls }) => calls)).toEqual(
      most
        .filter(({ calls }) => calls > 0)
        .slice(0, view.busiestHours.length)
        .map(({ calls }) => calls),
    );
  },
);
