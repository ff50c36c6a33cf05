/** How keys live: what the pages about keys are told. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actionOf, isUse } from '../../lib/domain/kms-operations.ts';
import { drill } from '../../lib/services/answers/drill.ts';
import { keyUse } from '../../lib/services/answers/key-use.ts';
import { describeKey, listKeys, readableData } from '../../lib/services/answers/keys.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { readKeyChanges } from '../../lib/store/views/keys/read-drill-log.ts';
import { auditRecord } from '../support/records.ts';
import { simulatedDrill } from '../support/simulated-drill.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 120_000);
afterAll(() => store.close());

/** The first revocation by a key's own state that was not undone, with telemetry. */
function disabled() {
  for (let seed = 0; seed < 100; seed += 1) {
    const made = simulatedDrill(seed);
    const { how, restoredAt, whole } = made.truth;
    if (how === 'disable' && restoredAt === null && whole) return made;
  }
  throw new Error('no such case');
}

test('a disabled key is listed as such, with its life, its users and what can still be read', async () => {
  const { key, audit, telemetry, truth } = disabled();
  await ingestTelemetry({ ctx: store.ctx, input: telemetry });
  await ingestAudit({ ctx: store.ctx, input: { records: audit, source: 'files', seenAt: null } });
  // The last lease ends within a TTL and the cloud's delay: a day later nothing is held.
  store.setNow(truth.revokedAt + 86_400_000);
  const { keys } = await listKeys({ ctx: store.ctx });
  expect(keys.map((one) => [one.key, one.state])).toEqual([[key, 'disabled']]);
  const view = await describeKey({ ctx: store.ctx, input: { key } });
  expect(view.life.map(({ kind, effect }) => [kind, effect])).toContainEqual([
    'key-state',
    'takes',
  ]);
  const uses = new Map(
    audit.filter(({ action }) => isUse(action)).map((one) => [one.eventId, one]),
  );
  const requests = view.hours.reduce((sum, { granted, refused }) => sum + granted + refused, 0);
  expect(requests).toBe(uses.size);
  expect(view.users.reduce((sum, { events }) => sum + events, 0)).toBe(uses.size);
  const deks = new Set(telemetry.calls.map(({ dek }) => dek));
  expect(view.readable.reduce((sum, one) => sum + one.deks, 0)).toBe(deks.size);
  expect(view.readable.every(({ held }) => held === 0)).toBe(true);
  expect(view.mixed).toEqual([]);
  const by = await readableData({ ctx: store.ctx });
  expect(by.keys).toEqual([{ key, state: 'disabled', readable: view.readable }]);
});

test('a change that a log dates years ahead leaves the hours of a key as they are', async () => {
  const { key, audit } = simulatedDrill(1);
  const ahead = auditRecord({
    ...{ key, operation: 'EnableKey', action: actionOf('EnableKey'), requestId: null },
    ...{ eventId: 'ahead', at: Date.UTC(2086, 0, 1) },
  });
  const records = [...audit, ahead];
  await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
  store.setNow(Math.max(...audit.map(({ at }) => at)) + 60_000);
  const { hours } = await describeKey({ ctx: store.ctx, input: { key } });
  const counted = hours.reduce((sum, { granted, refused }) => sum + granted + refused, 0);
  const uses = audit.filter(({ action }) => isUse(action));
  expect(counted).toBe(new Set(uses.map(({ eventId }) => eventId)).size);
});

test('the changes of many keys read at once are those of each alone, also through their aliases', async () => {
  const keys: string[] = [];
  for (let seed = 0; seed < 5; seed += 1) {
    const { key, audit } = simulatedDrill(seed);
    keys.push(key);
    await ingestAudit({ ctx: store.ctx, input: { records: audit, source: 'files', seenAt: null } });
  }
  const all = await readKeyChanges(store.ctx.db, keys);
  for (const key of keys) {
    const alone = await readKeyChanges(store.ctx.db, [key]);
    expect(alone.get(key)).toEqual(all.get(key));
  }
  const { keys: listed } = await listKeys({ ctx: store.ctx });
  for (const { key, state, since } of listed) {
    const view = await describeKey({ ctx: store.ctx, input: { key } });
    expect([key, view.state, view.since]).toEqual([key, state, since]);
  }
  expect(new Set(listed.map(({ key }) => key))).toEqual(new Set(keys));
});

test('the ARN of an alias is the key that it points to, of a drill the one that it was moved away from', async () => {
  const owner = 'arn:aws:kms:eu-central-1:222222222222';
  const [first, second, alias] = [`${owner}:key/one`, `${owner}:key/two`, `${owner}:alias/tide`];
  const record = (key: string, operation: string, minute: number) => {
    const made = auditRecord({
      ...{ key, operation, action: actionOf(operation), requestId: null },
      ...{ eventId: `${operation}-${minute}`, at: Date.UTC(2026, 10, 20, 12, minute) },
    });
    const ids = operation === 'Decrypt' ? [] : [['alias', 'alias/tide'] as const];
    return { ...made, facts: { ...made.facts, ids } };
  };
  const records = [
    record(first, 'CreateAlias', 0),
    record(first, 'Decrypt', 1),
    record(second, 'UpdateAlias', 2),
    record(second, 'Decrypt', 3),
  ];
  await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
  const input = { key: alias };
  expect((await keyUse({ ctx: store.ctx, input })).key).toBe(second);
  expect((await describeKey({ ctx: store.ctx, input })).key).toBe(second);
  expect((await drill({ ctx: store.ctx, input })).key).toBe(first);
  // Of another account it is another alias.
  const other = { key: alias.replace('222222222222', '333333333333') };
  await expect(keyUse({ ctx: store.ctx, input: other })).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('a workspace with data under two keys is told as mixed, and an unknown key is not found', async () => {
  const { key, telemetry } = disabled();
  const [call] = telemetry.calls;
  if (call === undefined) throw new Error('no call');
  const other = { ...call, key: `${key}-2`, boot: 'boot-b', process: 'engine-b' };
  const input = { ...telemetry, calls: [other], attempts: [], operations: [], deks: [], boots: [] };
  await ingestTelemetry({ ctx: store.ctx, input });
  const view = await describeKey({ ctx: store.ctx, input: { key } });
  expect(view.mixed).toEqual([{ workspace: call.workspace, keys: [key, `${key}-2`].sort() }]);
  const unknown = describeKey({ ctx: store.ctx, input: { key: 'gcp-kms:nobody' } });
  await expect(unknown).rejects.toMatchObject({ code: 'not-found' });
});
