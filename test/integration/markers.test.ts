import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listMarkers, tellMarker } from '../../lib/services/answers/markers.ts';
import { writeService } from '../../lib/services/answers/service-facts.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { noService } from '../../lib/shared/service-facts.ts';
import { auditRecord, callRecord, emptyBatch } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minute = 60_000;
const at = Date.UTC(2026, 10, 23, 6);
const window = { from: at, to: at + 60 * minute };

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(async () => {
  await store.clear();
  await store.ctx.db.marker.deleteMany();
});
afterAll(() => store?.close());

const marked = async (filter = {}) => {
  const { markers } = await listMarkers({ ctx: store.ctx, input: { window, filter } });
  return markers.map(({ kind, text, from }) => [kind, text, from]);
};

test('a deploy is marked with the version that the telemetry’s resource names', async () => {
  const calls = ['engine-1', 'engine-2'].map((process, no) =>
    callRecord({ at: at + no * minute, seq: 1, process }),
  );
  const boots = calls.map(({ process, boot, at: startedAt }) => {
    const policy = { ttlMs: null, dekRotationMs: null };
    return { process, boot, startedAt, ...policy, version: '2.0.1', tells: true };
  });
  await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), boots, calls } });
  expect(await marked()).toEqual([
    ['deploy', 'Deploy of version 2.0.1 to 2 processes', 'telemetry'],
  ]);
  expect(await marked({ process: 'engine-2' })).toEqual([
    ['deploy', 'engine-2 started: version 2.0.1', 'telemetry'],
  ]);
});

test('changes of a key are marked from the log, uses and refused changes are not', async () => {
  const change = (no: number, operation: string, errorCode: string | null = null) =>
    auditRecord({ eventId: `change-${no}`, at: at + no * minute, operation, errorCode });
  const records = [
    change(1, 'DisableKey'),
    change(2, 'EnableKey', 'AccessDeniedException'),
    change(3, 'Decrypt'),
    change(4, 'EnableKey'),
    change(5, 'CreateGrant'),
  ];
  await ingestAudit({ ctx: store.ctx, input: { records, source: 'file', seenAt: null } });
  expect(await marked()).toEqual([
    ['key', 'Key disabled', 'log'],
    ['key', 'Key enabled', 'log'],
  ]);
  expect(await marked({ key: 'another' })).toEqual([]);
});

test('what is told is marked once however often it is told, now where no time is given', async () => {
  const { ctx } = store;
  store.setNow(at + 30 * minute);
  const note = { text: 'Load test', kind: 'note', at: '2026-11-23T06:10Z' };
  await tellMarker({ ctx, input: note });
  await tellMarker({ ctx, input: note });
  expect(await tellMarker({ ctx, input: { text: 'v7' } })).toEqual({ at: at + 30 * minute });
  await writeService({ ctx, input: { ...noService, deploys: ['2026-11-23T06:50Z'] } });
  expect(await marked()).toEqual([
    ['note', 'Load test', 'told'],
    ['deploy', 'v7', 'told'],
    ['deploy', 'Deploy', 'told'],
  ]);
});

test.each([
  [{}, 'text'],
  [{ text: ' ' }, 'is empty'],
  [{ text: 'x'.repeat(201) }, 'longer'],
  [{ text: 'x', kind: 'party' }, 'kind'],
  [{ text: 'x', at: 'yesterday' }, 'is no time'],
  [{ text: 'x', who: 'me' }, 'who'],
  ['x', 'object'],
])('%j is no marker', async (input, named) => {
  const fault = { code: 'bad-request', message: expect.stringContaining(named) };
  await expect(tellMarker({ ctx: store.ctx, input })).rejects.toMatchObject(fault);
});
