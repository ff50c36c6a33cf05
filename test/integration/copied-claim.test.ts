import { afterAll, beforeAll, expect, test } from 'vitest';
import { explain } from '../../lib/services/answers/explain.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { attemptRecord, callRecord, emptyBatch, eventOf } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
const at = Date.UTC(2026, 10, 23, 12);

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

test('a stranger that copies the claim of a timed-out attempt stays a stranger', async () => {
  const { ctx } = store;
  const answered = callRecord({ at, seq: 1 });
  const timedOut = callRecord({ at: at + 1_000, seq: 2 });
  const attempts = [
    attemptRecord(answered),
    attemptRecord(timedOut, { requestId: null, status: null, outcome: 'outage' }),
  ];
  await ingestTelemetry({ ctx, input: { ...emptyBatch(), calls: [answered, timedOut], attempts } });
  const [own, lost] = attempts;
  if (own === undefined || lost === undefined) throw new Error('there are two attempts');
  const copied = { ...eventOf(lost), principal: 'AIDASTRANGER', principalName: 'stranger' };
  await ingestAudit({
    ctx,
    input: { records: [eventOf(own), copied], source: 'test', seenAt: null },
  });
  const window = { from: at, to: at + 60_000 };
  const { strangers, ledger } = await explain({ ctx, input: { window } });
  expect(strangers).toMatchObject([{ kind: 'stranger', principal: 'AIDASTRANGER', events: 1 }]);
  expect(ledger.residual).toBeGreaterThan(0);
});
