import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { explain } from '../../lib/services/answers/explain.ts';
import { revocation } from '../../lib/services/answers/revocation.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import {
  attemptRecord,
  auditRecord,
  callRecord,
  emptyBatch,
  operationRecord,
} from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minute = 60_000;
const at = Date.UTC(2026, 10, 23, 6);

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(() => store.clear());
afterAll(() => store?.close());

test('a process that says every minute that nothing happened is heard', async () => {
  const { ctx } = store;
  const calls = [callRecord({ at, seq: 1, leaseEndsAt: at + 60 * minute })];
  const { process, boot } = calls[0] as (typeof calls)[number];
  const boots = [{ process, boot, startedAt: at, ttlMs: null, dekRotationMs: null, tells: true }];
  const told = { scope: 'telemetry', path: 'complete', outcome: 'open', workspace: '', key: '' };
  const operations = Array.from({ length: 30 }, (_, no) =>
    operationRecord({ at: at + no * minute, seq: no + 1, n: 0, ...told }),
  );
  const input = { ...emptyBatch(), boots, calls, operations };
  await ingestTelemetry({ ctx, input, bounds: { live: true } });
  store.setNow(at + 31 * minute);
  const { keys } = await revocation({ ctx, input: { sandbox: null } });
  expect(keys[0]?.processes).toMatchObject([{ state: 'serving', lastWordAt: at + 30 * minute }]);
});

test('a process whose leases run but of which nothing has been heard for a while is stale, and says since when', async () => {
  const { ctx } = store;
  const calls = ['heard', 'silent'].map((process) =>
    callRecord({ at, seq: 1, process, leaseEndsAt: at + 60 * minute }),
  );
  const word = { seq: 2, process: 'heard', outcome: 'hit', n: 3 };
  const operations = [operationRecord({ at: at + 30 * minute, ...word })];
  await ingestTelemetry({ ctx, input: { ...emptyBatch(), calls, operations } });
  store.setNow(at + 31 * minute);
  const { keys } = await revocation({ ctx, input: { sandbox: null } });
  const found = keys.flatMap(({ processes }) =>
    processes.map(({ process, state, liveDeks, lastWordAt }) => [
      process,
      state,
      liveDeks,
      lastWordAt,
    ]),
  );
  expect(found).toEqual([
    ['heard', 'serving', 1, at + 30 * minute],
    ['silent', 'stale', 1, at],
  ]);
  store.setNow(at + 61 * minute);
  const later = await revocation({ ctx, input: { sandbox: null } });
  expect(later.keys[0]?.processes.map(({ state }) => state)).toEqual(['idle', 'idle']);
});

test('a key of no sandbox is enabled or disabled as its log tells it, and neither where that says nothing', async () => {
  const { ctx } = store;
  const calls = [callRecord({ at, seq: 1, leaseEndsAt: at + 60 * minute })];
  await ingestTelemetry({ ctx, input: { ...emptyBatch(), calls } });
  store.setNow(at + 10 * minute);
  const told = async (...operations: string[]) => {
    const records = operations.map((operation, no) =>
      auditRecord({ eventId: operation, at: at + (no + 1) * minute, operation }),
    );
    await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
    const { keys } = await revocation({ ctx, input: { sandbox: null } });
    return keys.map(({ enabled, disabledAt }) => ({ enabled, disabledAt }));
  };
  expect(await told()).toEqual([{ enabled: null, disabledAt: null }]);
  expect(await told('DisableKey')).toEqual([{ enabled: false, disabledAt: at + minute }]);
  expect(await told('DisableKey', 'EnableKey')).toEqual([{ enabled: true, disabledAt: null }]);
});

test('the answer names a key that was taken away until it is given back', async () => {
  const { ctx } = store;
  const calls = [callRecord({ at, seq: 1, leaseEndsAt: at + 60 * minute })];
  await ingestTelemetry({ ctx, input: { ...emptyBatch(), calls } });
  const window = { from: at, to: at + 20 * minute };
  store.setNow(window.to);
  const told = async (operation: string, minutes: number) => {
    const record = auditRecord({ eventId: operation, at: at + minutes * minute, operation });
    await ingestAudit({ ctx, input: { records: [record], source: 'files', seenAt: null } });
    const { alarms } = await explain({ ctx, input: { window } });
    return alarms.flatMap(({ id, text }) =>
      id === 'key' ? [text.replace(/ by .*?: /, ': ')] : [],
    );
  };
  expect(await told('DisableKey', 5)).toEqual([
    'The key was disabled at 2026-11-23 06:05 UTC: no request was denied since. 1 data key is held and served until 2026-11-23 07:00:00 UTC.',
  ]);
  expect(await told('EnableKey', 9)).toEqual([]);
});

test('before the log tells that it was taken, the answer says which processes are dark', async () => {
  const { ctx } = store;
  const leaseEndsAt = at + 60 * minute;
  const served = ['one', 'two'].map((process) => callRecord({ at, seq: 1, process, leaseEndsAt }));
  const refused = callRecord({ at: at + 5 * minute, seq: 2, process: 'one', outcome: 'denied' });
  const calls = [...served, refused];
  const attempts = [attemptRecord(refused, { outcome: 'denied', status: 400 })];
  await ingestTelemetry({ ctx, input: { ...emptyBatch(), calls, attempts } });
  store.setNow(at + 10 * minute);
  const { alarms } = await explain({ ctx, input: { window: { from: at, to: at + 10 * minute } } });
  expect(alarms[0]?.text).toContain('Of 2 processes 1 is dark now');
});

test('of a log alone the answer says first that the key was taken, and what came since', async () => {
  const { ctx } = store;
  const record = (operation: string, minutes: number, errorCode: string | null = null) =>
    auditRecord({ eventId: `${minutes}`, at: at + minutes * minute, operation, errorCode });
  const take = (...records: ReturnType<typeof record>[]) =>
    ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
  const first = async () => {
    const { sentences } = await explain({
      ctx,
      input: { window: { from: at, to: at + 60 * minute } },
    });
    return sentences[0]?.replace(/ by .*?: /, ': ');
  };
  await take(
    record('Decrypt', 1),
    record('DisableKey', 5),
    record('Decrypt', 7, 'DisabledException'),
  );
  store.setNow(at + 60 * minute);
  expect(await first()).toBe(
    'The key was disabled at 2026-11-23 06:05 UTC: no request succeeded since, the first was denied at 2026-11-23 06:07 UTC.',
  );
  await take(record('EnableKey', 9));
  expect(await first()).not.toContain('disabled');
});
