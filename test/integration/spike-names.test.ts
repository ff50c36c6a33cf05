import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSeries } from '../../lib/services/answers/spike-series.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { callRecord, emptyBatch } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const at = Date.UTC(2026, 10, 23, 12);
let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
afterAll(() => store.close());

test('a workspace or key that holds a line break has a series of its own, under its whole name', async () => {
  const places = [
    { key: 'k', workspace: 'team\none' },
    { key: 'k', workspace: 'team' },
    { key: 'k\nteam', workspace: 'one' },
  ];
  const calls = places.flatMap((place, no) =>
    Array.from({ length: no + 1 }, (_, time) =>
      callRecord({ ...place, at: at + time, seq: no * 10 + time + 1 }),
    ),
  );
  const { ctx } = store;
  await ingestTelemetry({ ctx, input: { ...emptyBatch(), calls } });
  const window = { from: at, to: at + 3_600_000 };
  const series = await readSeries(ctx, { window, filter: {} });
  const told = series.map(({ key, workspace, counts }) => ({ key, workspace, n: counts.at(-60) }));
  expect(told.filter(({ workspace }) => workspace !== null)).toEqual([
    { key: 'k\nteam', workspace: 'one', n: 3 },
    { key: 'k', workspace: 'team', n: 2 },
    { key: 'k', workspace: 'team\none', n: 1 },
  ]);
});
