/** A service that registers its key by an alias: the log names the key itself, and both are one key. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brush } from '../../lib/services/answers/brush.ts';
import { listCalls } from '../../lib/services/answers/calls.ts';
import { listChoices } from '../../lib/services/answers/choices.ts';
import { listConnections } from '../../lib/services/answers/connections.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { keepSpikes } from '../../lib/services/answers/keep-spikes.ts';
import { keyUse } from '../../lib/services/answers/key-use.ts';
import { describeKey, listKeys, readableData } from '../../lib/services/answers/keys.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { revocation } from '../../lib/services/answers/revocation.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import type { ServiceContext } from '../../lib/services/context.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { testDatabases } from '../support/postgres.ts';
import { attemptRecord, callRecord, emptyBatch, eventOf, keyArn } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { type Story, story } from '../support/story.ts';

const alias = keyArn.replace(/key\/.*$/, 'alias/messages');

/** The story as a service tells it that registers the key by its alias. */
function byAlias(told: Story): Story {
  const named = <T extends { key: string }>(rows: readonly T[]): T[] =>
    rows.map((row) => ({ ...row, key: row.key === keyArn ? alias : row.key }));
  const { calls, attempts, operations } = told.telemetry;
  return {
    ...told,
    telemetry: {
      ...told.telemetry,
      ...{ calls: named(calls), attempts: named(attempts), operations: named(operations) },
    },
  };
}

async function tell(store: TestStore, { telemetry, audit, to }: Story): Promise<void> {
  const { ctx } = store;
  await ingestTelemetry({ ctx, input: telemetry });
  await ingestAudit({ ctx, input: { records: audit, source: 'files', seenAt: null } });
  await store.cover(to);
  store.setNow(to + 3 * 3_600_000);
}

/** All that screens show of the key, or of everything. */
async function shown(ctx: ServiceContext, { from, to }: Story, key?: string) {
  const window = { from, to };
  const filter = key === undefined ? {} : { key };
  const input = { window, filter };
  const view = await explain({ ctx, input });
  const calls = async (show: 'attempts' | 'matched' | 'events') =>
    (
      await listCalls({
        ctx,
        input: { window, show, filters: filter, cursor: null, rowsMax: 1_000 },
      })
    ).rows.map(({ event, attempt }) => [attempt?.at, event?.eventId]);
  return {
    explained: { ...view, filter: {}, spikes: view.spikes.map(({ sentence }) => sentence) },
    spikes: (await listSpikes({ ctx, input })).sentence,
    pattern: await pattern({ ctx, input }),
    brush: await brush({
      ctx,
      input: { ...input, brush: { from, to, firstMinute: 0, lastMinute: 29 } },
    }),
    calls: [await calls('attempts'), await calls('matched'), await calls('events')],
    described: key === undefined ? null : await describeKey({ ctx, input: { key } }),
    use: key === undefined ? null : (await keyUse({ ctx, input: { key } })).ifDisabled,
    keys: (await listKeys({ ctx })).keys,
    readable: await readableData({ ctx }),
    choices: (await listChoices({ ctx, input: { window } })).keys,
    leases: await revocation({ ctx, input: { sandbox: null } }),
    unlogged: (await listConnections({ ctx, input: { tokenAt: '' } })).gaps,
  };
}

const withoutNames = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer)
      .replaceAll(encodeURIComponent(alias), 'K')
      .replaceAll(alias, 'K')
      .replaceAll(encodeURIComponent(keyArn), 'K')
      .replaceAll(keyArn, 'K'),
  );

describe.each(testDatabases())('a key that is registered by its alias, $name', ({ open }) => {
  let [registered, aliased]: TestStore[] = [];
  const told = story(7, 200);

  beforeAll(async () => {
    [registered, aliased] = [await openTestStore(open), await openTestStore(open)];
    await tell(registered, told);
    await tell(aliased, byAlias(told));
  });
  afterAll(async () => {
    await registered?.close();
    await aliased?.close();
  });

  test.each([
    [keyArn, keyArn],
    [alias, keyArn],
    [undefined, undefined],
  ])('is one key on every screen, asked for as %s', async (name, own) => {
    if (registered === undefined || aliased === undefined) throw new Error('no store');
    for (const look of ['before', 'after']) {
      const wanted = await shown(registered.ctx, told, own);
      expect(wanted.explained.ledger.residual, look).toBe(0);
      expect(withoutNames(await shown(aliased.ctx, told, name)), look).toEqual(
        withoutNames(wanted),
      );
      for (const { ctx } of [registered, aliased]) await keepSpikes({ ctx });
    }
  });

  test('stays two where only a claim says so, and is all that an alias was moved to', async () => {
    const store = await openTestStore(open);
    try {
      const { ctx } = store;
      const [other, third] = [keyArn.replace('1111', '2222'), keyArn.replace('1111', '3333')];
      const calls = [1, 2, 3].map((seq) =>
        callRecord({ at: told.from + seq * 60_000, seq, key: alias }),
      );
      const attempts = calls.map((call) => attemptRecord(call));
      await ingestTelemetry({ ctx, input: { ...emptyBatch(), calls, attempts } });
      const records = attempts.map((attempt, no) =>
        eventOf(attempt, {
          key: [keyArn, other, third][no] ?? null,
          ...(no === 2 && { requestId: null }),
        }),
      );
      await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
      await store.cover(told.to);
      const eventsOf = async (key: string) => {
        const input = { window: told, filter: { key } };
        const { ledger } = await explain({ ctx, input });
        const line = ledger.lines.find(({ id }) => id === 'events');
        return [line?.total, ledger.residual];
      };
      for (const name of [keyArn, other, alias]) expect(await eventsOf(name)).toEqual([2, 1]);
      expect(await eventsOf(third)).toEqual([1, 1]);
    } finally {
      await store.close();
    }
  });
});
