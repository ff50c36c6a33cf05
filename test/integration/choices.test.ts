import { afterAll, beforeAll, expect, test } from 'vitest';
import { listChoices } from '../../lib/services/answers/choices.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { callRecord, emptyBatch } from '../support/records.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const at = Date.UTC(2026, 10, 23, 6);
const window = { from: at, to: at + 3_600_000 };
const count = sized({ ci: 300, long: 10_000 });
const nameOf = (no: number) => `Team ${String(no).padStart(5, '0')} <b>المبيعات</b> 🚀`;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  const calls = Array.from({ length: count }, (_, no) =>
    callRecord({ at: at + no, seq: no + 1, workspace: nameOf(no) }),
  );
  await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), calls } });
}, 120_000);
afterAll(() => store?.close());

const listed = (text?: string) =>
  listChoices({ ctx: store.ctx, input: { window, ...(text !== undefined && { text }) } });

test('of many workspaces a hundred are listed, with how many more there are', async () => {
  const { workspaces, more } = await listed();
  expect(workspaces).toHaveLength(100);
  expect(more).toEqual({ workspaces: count - 100, keys: 0, principals: 0, processes: 0 });
});

test('a text finds any one of them by its words, and says how many more have these', async () => {
  const last = nameOf(count - 1);
  expect(await listed(`${String(count - 1).padStart(5, '0')} team`)).toMatchObject({
    workspaces: [last],
    keys: [],
    more: { workspaces: 0 },
  });
  expect((await listed('المبيعات')).more.workspaces).toBe(count - 100);
  expect((await listed('no such workspace')).workspaces).toEqual([]);
});
