import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DekActivityRecord } from '../../lib/domain/telemetry-record.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { readBusyPeriods } from '../../lib/store/views/ledger/read-busy-periods.ts';
import { testDatabases } from '../support/postgres.ts';
import { emptyBatch } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const hour = 3_600_000;
const minute = 60_000;
const from = Date.UTC(2026, 10, 23, 6);

describe.each(testDatabases())('busy periods on $name', ({ missing, open }) => {
  let store: TestStore;
  beforeAll(async () => {
    if (missing === null) store = await openTestStore(open);
  }, 60_000);
  afterAll(() => store?.close());

  test('are parted by rests of a TTL, by run of a process, and know which were under way', async (context) => {
    if (missing !== null) return context.skip(missing);
    let seq = 0;
    const used = (atMinute: number, given: Partial<DekActivityRecord> = {}): DekActivityRecord => ({
      at: from + atMinute * minute,
      process: 'p1',
      boot: 'boot0001',
      seq: ++seq,
      workspace: 'legal',
      dek: 'd1',
      uses: 2,
      bytes: 0,
      ...given,
    });
    const deks = [
      // Under way at the start, then a rest of exactly a TTL.
      ...[-30, 20, 50, 110].map((at) => used(at)),
      // The same minute told by two roll-ups is one minute.
      ...[10, 10, 40].map((at) => used(at, { dek: 'd2' })),
      // Another run of the process has another memory.
      ...[5, 15].map((at, index) => used(at, { dek: 'd3', boot: `boot000${index + 1}` })),
      used(-59, { dek: 'd4' }),
      used(30, { dek: 'd5', workspace: 'other' }),
    ];
    await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), deks } });
    const query = { from, to: from + 3 * hour, workspace: 'legal', ttlMs: hour };
    const rows = await readBusyPeriods(store.ctx.db, query);
    const sorted = rows.map(({ n, uses, spanMs, underWay }) => [
      underWay,
      uses,
      spanMs / minute,
      n,
    ]);
    expect(sorted.sort()).toEqual([
      [false, 2, 0, 3],
      [false, 6, 30, 1],
      [true, 4, 50, 1],
    ]);
  });
});
