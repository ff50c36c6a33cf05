/** A collector that forwards only one signal: what is missing is named, and no zero stands for it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { explain } from '../../lib/services/answers/explain.ts';
import { report } from '../../lib/services/answers/report.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { importTelemetry } from '../../lib/services/intake/import-telemetry.ts';
import { needSharedData } from '../support/shared-data.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(() => store.clear());
afterAll(() => store?.close());

test.for([
  ['traces-only', 'metrics', false],
  ['traces-only', 'metrics', true],
  ['metrics-only', 'traces', false],
  ['metrics-only', 'traces', true],
] as const)(
  '%s: the first sentences say that the %s have not come in (with the log: %s)',
  async ([name, missing, withLog], context) => {
    const dir = needSharedData(context, '../cases/15-one-signal');
    const { ctx } = store;
    const paths = [`${dir}/${name}.jsonl`];
    expect((await importTelemetry({ ctx, input: { paths } })).faults).toEqual([]);
    if (withLog) await importFiles({ ctx, input: { paths: [`${dir}/out/log`] } });
    const window = { from: Date.UTC(2026, 10, 20), to: Date.UTC(2026, 10, 21) };
    const view = await explain({ ctx, input: { window } });
    const first = view.sentences[withLog ? view.alarms.length : 1];
    expect(first).toMatch(new RegExp(`^The engine’s ${missing} have not come in`));
    expect(view.sentences.join(' ')).not.toMatch(/n\/a|\b0 KMS|\b0 data key|cost 0/);
    const lines = view.ledger.lines.map(({ id, total }) => ({ id, total }));
    expect(lines.map(({ id }) => id)).not.toContain('calls');
    for (const { id, total } of lines) if (id !== 'events') expect(total).toBeGreaterThan(0);
    expect(view.waterfall.filter(({ kind, value }) => kind === 'total' && value === 0)).toEqual([]);
    for (const cost of view.costs) expect(cost.amountWithoutCache).toBeNull();
    const markdown = await report({ ctx, input: { window } });
    expect(markdown).toContain(`engine’s ${missing} have not come in`);
    expect(markdown).not.toContain('n/a');
  },
);
