import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnswerPool, answerPool } from '../../lib/services/answers/answer-pool.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { testDatabases } from '../support/postgres.ts';
import { auditRecord } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const from = Date.UTC(2026, 10, 23, 12);
const window = { from, to: from + 3_600_000 };

describe.each(testDatabases().filter(({ missing }) => missing === null))('on $name', (kind) => {
  let store: TestStore;
  let pool: AnswerPool;
  beforeAll(async () => {
    store = await openTestStore(kind.open);
    pool = answerPool({ url: store.url });
  });
  afterAll(async () => {
    await pool.close();
    await store.close();
  });

  test('a thread answers as the verb itself does', async () => {
    const now = from + 1_800_000;
    const ctx = { ...store.ctx, now: async () => now };
    const records = [1, 2, 3].map((no) =>
      auditRecord({ eventId: `e-${no}`, at: from + no * 60_000 }),
    );
    await ingestAudit({ ctx, input: { records, source: 'file', seenAt: null } });
    const json = await pool.ask({ verb: 'explain', input: { window } }, now);
    expect(JSON.parse(json)).toEqual(
      JSON.parse(JSON.stringify(await explain({ ctx, input: { window } }))),
    );
  });

  test('a fault of the asker keeps its code and its words', async () => {
    const input = { id: 'nonsense', filter: {} };
    await expect(pool.ask({ verb: 'describeSpike', input }, from)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('nonsense names no spike'),
    });
  });

  test('questions that a lost thread was at fail as unavailable, and the next one is answered', async () => {
    const asked = pool.ask({ verb: 'explain', input: { window } }, from);
    const failed = expect(asked).rejects.toMatchObject({ code: 'unavailable' });
    await pool.close();
    await failed;
    const json = await pool.ask({ verb: 'listChoices', input: { window } }, from);
    expect(JSON.parse(json)).toMatchObject({ workspaces: [] });
  });
});
