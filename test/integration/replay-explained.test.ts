import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instantMin } from '../../lib/domain/instant-range.ts';
import { readTrace } from '../../lib/sandbox/replay/read-trace.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { storeExtent } from '../../lib/services/answers/extent.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { importTelemetry } from '../../lib/services/intake/import-telemetry.ts';
import { needSharedData } from '../support/shared-data.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { scratchDir } from '../support/up.ts';
import {
  type ExpectedPolicy,
  readExpected,
  readExpectedHours,
  recordedCases,
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

// In CI the short traces under one variant, whose hours have spikes.
const inCi = ({ trace, name }: { trace: string; name: string }) =>
  trace !== 'zulip_two_orgs' && name === '1h_8p_row_shared';
const cases = sized({ ci: recordedCases.filter(inCi), long: recordedCases });

test.for(cases)(
  'the explanation of a replay of $trace under $name has the causes and busiest hours that are known',
  { timeout: sized({ ci: 180_000, long: 2 * hourMs }) },
  async ({ trace, name }, context) => {
    const recorded = await readTrace(needSharedData(context, `workloads/${trace}.csv.gz`));
    // A store takes no time about 1970: a trace that counts from 0 is moved.
    const movedMs = (recorded[0]?.at ?? 0) < instantMin ? 2_600 * weekMs : 0;
    const rows = recorded.map((row) => ({ ...row, at: row.at + movedMs }));
    const expected = await readExpected(needSharedData(context, 'workloads/expected.json'));
    const hours = await readExpectedHours(
      needSharedData(context, 'workloads/expected-hourly.csv.gz'),
    );
    const out = join(dir, `${trace}-${name}`);
    const policy = expected.variants[name];
    if (policy === undefined) throw new Error(`there is no variant ${name}`);
    const replayed = await replayVariant(rows, policy, out);
    await store.clear();
    const { ctx } = store;
    const telemetry = await importTelemetry({
      ctx,
      input: { paths: [join(out, 'telemetry.jsonl')] },
    });
    expect(telemetry.faults).toEqual([]);
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
    expect(countsOf(found)).toEqual(knownCounts(expected.traces[trace]?.policies[name]));
    // The independent simulation tells the hours of some variants; of the others the replay does.
    const told = hours
      .filter((hour) => hour.trace === trace && hour.variant === name)
      .map(({ hour, encrypt, decrypt }) => ({
        hour: movedMs + hour * hourMs,
        calls: encrypt + decrypt,
      }));
    const replayedHours = replayed.hourly.map(({ hour, encrypt, decrypt }) => ({
      hour: Date.parse(hour.replace('Z', ':00Z')),
      calls: encrypt + decrypt,
    }));
    const most = (told.length > 0 ? told : replayedHours)
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.calls - a.calls || a.hour - b.hour);
    expect(view.busiestHours.map(({ hour, calls }) => ({ hour, calls }))).toEqual(
      most.slice(0, view.busiestHours.length),
    );
  },
);

function countsOf(causes: Record<string, number>) {
  const of = (cause: string) => causes[cause] ?? 0;
  return {
    encrypts: of('dek.first') + of('dek.rotation'),
    cold: of('load.first'),
    evicted: of('load.evicted'),
    expired: of('load.expired'),
    reopened: of('load.reopened'),
  };
}

function knownCounts(policy: ExpectedPolicy | undefined) {
  const idle = policy?.expired_idle;
  return {
    encrypts: policy?.kms_encrypt,
    cold: policy?.decrypt_cause.cold ?? 0,
    evicted: policy?.decrypt_cause.evicted ?? 0,
    expired: idle?.['<ttl'] ?? 0,
    reopened: idle?.['>=ttl'] ?? 0,
  };
}
