/** Whoever may call the key writes into its log: no record of theirs may keep another one out. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { acceptMetrics, acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { parseCloudTrail } from '../../lib/sources/cloudtrail/parse.ts';
import { cloudTrailRecord, hostileStory } from '../support/hostile-story.ts';
import { hostileTexts } from '../support/hostile-texts.ts';
import { testDatabases } from '../support/postgres.ts';
import { attemptRecord, auditRecord, callRecord, emptyBatch } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const at = Date.UTC(2026, 10, 23, 12);

function parsed(value: unknown): AuditRecord {
  const found = parseCloudTrail(value);
  if (found.kind !== 'record') throw new Error(found.reason);
  return found.record;
}

describe.each(testDatabases())('poison on $name', ({ missing, open }) => {
  let store: TestStore;
  const ingest = (records: readonly AuditRecord[]) =>
    ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
  const stored = async () => {
    const rows = await store.query<{ event_id: string }>(
      'SELECT event_id FROM audit_event ORDER BY event_id',
    );
    return rows.map(({ event_id }) => event_id);
  };

  beforeAll(async () => {
    if (missing === null) store = await openTestStore(open);
  }, 60_000);
  beforeEach(async (context) => {
    if (missing !== null) return context.skip(missing);
    await store.clear();
  });
  afterAll(() => store?.close());

  test.each(hostileTexts)(
    'a record with %s in every field goes in, and so do its neighbours',
    async (_, text) => {
      const records = ['a', 'b', 'c', 'd'].map((id) => auditRecord({ eventId: id, at }));
      const poison = [
        parsed(cloudTrailRecord('x', text, { at })),
        parsed(cloudTrailRecord('y', 'fine', { at, key: text })),
      ];
      const { added, rejected } = await ingest([
        ...records.slice(0, 2),
        ...poison,
        ...records.slice(2),
      ]);
      expect({ added, rejected }).toEqual({ added: 6, rejected: [] });
      expect(await stored()).toEqual(['a', 'b', 'c', 'd', 'x', 'y']);
    },
  );

  test('what the store still refuses is found and left out alone, named with its reason', async () => {
    const long = hostileTexts.find(([name]) => name === '3,000 characters')?.[1] ?? '';
    const records = Array.from({ length: 40 }, (_, n) =>
      auditRecord({ eventId: `e-${String(n).padStart(2, '0')}`, at }),
    );
    const bad = [
      auditRecord({ eventId: 'bad-1', at, key: long }),
      auditRecord({ eventId: 'bad-2', at, workspace: 'a\0b' }),
    ];
    const all = [...records.slice(0, 7), ...bad.slice(0, 1), ...records.slice(7), ...bad.slice(1)];
    const { added, rejected } = await ingest(all);
    expect(added).toBe(40);
    expect(rejected.map(({ record }) => record.eventId)).toEqual(['bad-1', 'bad-2']);
    for (const { reason } of rejected) expect(reason).toMatch(/^the store refuses it: .{10,200}$/);
    expect(await stored()).toEqual(records.map(({ eventId }) => eventId));
  });

  test.each(hostileTexts)('telemetry with %s in every field goes in whole', async (_, text) => {
    const input = (body: object): unknown => JSON.parse(JSON.stringify(body));
    const { ctx } = store;
    const told = hostileStory(text, at);
    expect(await acceptTraces({ ctx, input: input(told.traces) })).toEqual({});
    expect(await acceptMetrics({ ctx, input: input(told.metrics) })).toEqual({});
    const rows = await store.query<{ n: number }>(
      'SELECT (SELECT count(*) FROM kms_call)::int + (SELECT count(*) FROM operation_count)::int AS n',
    );
    expect(rows[0]?.n).toBe(242);
  });

  test('a row of telemetry that the store refuses is counted with its reason, the rest goes in', async () => {
    const calls = Array.from({ length: 9 }, (_, n) => callRecord({ at, seq: n + 1 }));
    const bad = callRecord({ at, seq: 50, generation: 2 ** 40 });
    const batch = {
      ...emptyBatch(),
      calls: [...calls.slice(0, 4), bad, ...calls.slice(4)],
      attempts: calls.map((call) => attemptRecord(call)),
    };
    const taken = await ingestTelemetry({ ctx: store.ctx, input: batch });
    expect(taken).toMatchObject({ added: 18, rejected: 1 });
    expect(taken.reasons).toEqual([expect.stringMatching(/out of range/)]);
    const rows = await store.query<{ n: number }>('SELECT count(*)::int AS n FROM kms_call');
    expect(rows[0]?.n).toBe(9);
  });

  test('of senders that send at once, the one whose row the store refuses alone is told so', async () => {
    const live = { live: true };
    const send = (process: string, generation: number) => {
      const call = callRecord({ at, seq: 1, process });
      const calls = [call, callRecord({ at, seq: 2, process, generation })];
      const attempts = [attemptRecord(call)];
      const input = { ...emptyBatch(), calls, attempts };
      return ingestTelemetry({ ctx: store.ctx, input, bounds: live });
    };
    const sent = ['a', 'b', 'c', 'd', 'e', 'f'].map((process) =>
      send(process, process === 'd' ? 2 ** 40 : 0),
    );
    const told = (await Promise.all(sent)).map(({ rejected, reasons }) => [
      rejected,
      reasons.length,
    ]);
    expect(told).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
    const rows = await store.query<{ n: number }>('SELECT count(*)::int AS n FROM kms_call');
    expect(rows[0]?.n).toBe(11);
  });
});
