import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CallsInput, listCalls, rawEvent } from '../../lib/services/answers/calls.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { storeExtent } from '../../lib/services/answers/extent.ts';
import { describeKey } from '../../lib/services/answers/keys.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import type { CallRow, CallsShow, ExplainView } from '../../lib/shared/dto.ts';
import { testDatabases } from '../support/postgres.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { story } from '../support/story.ts';

const told = story(5, 240);
const window = { from: told.from, to: told.to };
// Not on a minute's edge: what is covered and what is not share one minute.
const coveredUntil = told.to - 20 * 60_000 + 31_234;
const seconds5 = (at: number) => at - (at % 5_000);

describe.each(testDatabases())('the calls page on $name', ({ missing, open }) => {
  let store: TestStore;
  let view: ExplainView;

  beforeAll(async () => {
    if (missing !== null) return;
    store = await openTestStore(open);
    const { ctx } = store;
    // Many attempts share one instant, so that pages are cut in the middle of it.
    const { calls, attempts, ...rest } = told.telemetry;
    const together = {
      ...rest,
      calls: calls.map((call) => ({ ...call, at: seconds5(call.at) })),
      attempts: attempts.map((attempt) => ({ ...attempt, at: seconds5(attempt.at) })),
    };
    await ingestTelemetry({ ctx, input: together });
    // Of our own events the newest are not delivered yet, and every tenth never is.
    const records = told.audit.filter(
      ({ eventId, at }, index) =>
        !eventId.startsWith('e-') || (at < coveredUntil && index % 10 !== 9),
    );
    await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
    await store.cover(coveredUntil, 'cloudtrail');
    view = await explain({ ctx, input: { window } });
  }, 60_000);
  beforeEach((context) => {
    if (missing !== null) context.skip(missing);
  });
  afterAll(() => store?.close());

  const page = (given: Partial<CallsInput> = {}) =>
    listCalls({
      ctx: store.ctx,
      input: { window, show: 'attempts', filters: {}, cursor: null, ...given },
    });

  async function walk(
    given: Partial<CallsInput> = {},
  ): Promise<{ rows: CallRow[]; total: number }> {
    const rows: CallRow[] = [];
    let cursor: string | null = null;
    let total = -1;
    for (let pages = 0; pages < 50; pages += 1) {
      const found = await page({ ...given, cursor });
      expect(total === -1 || found.total === total).toBe(true);
      total = found.total;
      rows.push(...found.rows);
      cursor = found.nextCursor;
      if (cursor === null) return { rows, total };
    }
    throw new Error('the pages do not end');
  }

  const attemptId = ({ attempt }: CallRow) =>
    `${attempt?.process}.${attempt?.boot}.${attempt?.seq}.${attempt?.attempt}`;
  const term = (line: string, ...ids: string[]) =>
    view.ledger.lines
      .find(({ id }) => id === line)
      ?.terms.filter(({ id }) => ids.some((start) => id.startsWith(start)))
      .reduce((all, { value }) => all + value, 0) ?? -1;
  const total = (line: string) => view.ledger.lines.find(({ id }) => id === line)?.total ?? -1;
  const residual = (line: string) =>
    view.ledger.lines.find(({ id }) => id === line)?.residual ?? -1;

  test('walking the pages visits each attempt exactly once, newest first', async () => {
    const { rows, total } = await walk();
    const all = await store.query<{ id: string }>(
      `SELECT process || '.' || boot || '.' || seq || '.' || attempt AS id FROM kms_attempt`,
    );
    expect(rows.length).toBeGreaterThan(200);
    expect(total).toBe(rows.length);
    expect(rows.map(attemptId).sort()).toEqual(all.map(({ id }) => id).sort());
    const instants = rows.map(({ attempt }) => attempt?.at ?? 0);
    expect(instants).toEqual([...instants].sort((a, b) => b - a));
    expect(new Set(instants).size).toBeLessThan(instants.length);
  });

  test('each attempt stands beside its own event', async () => {
    const { rows } = await walk({ show: 'matched' });
    for (const { attempt, event } of rows) {
      expect(attempt?.state).toBe('matched');
      expect(event?.state).toBe('matched');
      if (attempt?.joinMethod === 'request-id') expect(event?.requestId).toBe(attempt.requestId);
      else expect(attempt).toMatchObject({ joinMethod: 'claim', requestId: null });
    }
    expect(new Set(rows.map(({ event }) => event?.eventId)).size).toBe(rows.length);
  });

  test.each([
    ['matched', 'matched', () => term('log', 'matched', 'edge')],
    ['pending', 'pending', () => term('log', 'pending')],
    ['never-logged', 'never-logged', () => term('log', 'never-logged')],
    ['unmatched', 'unmatched', () => residual('log')],
    ['strangers', 'stranger', () => term('events', 'stranger')],
    ['suspects', 'suspect', () => term('events', 'suspect')],
    ['lost', 'telemetry-lost', () => term('events', 'lost')],
    ['other', 'other-operation', () => term('events', 'other')],
  ] as const)(
    'show=%s lists exactly what the ledger counts, each called %s',
    async (show: CallsShow, state, counted) => {
      const { rows, total } = await walk({ show });
      expect(total).toBe(counted());
      expect(rows).toHaveLength(total);
      expect(total).toBeGreaterThan(0);
      for (const { attempt, event } of rows) expect((attempt ?? event)?.state).toBe(state);
    },
  );

  test('every event is listed with what else the log has of the key, and every use without it', async () => {
    const logged = await walk({ show: 'logged' });
    expect(logged.total).toBe(total('events'));
    expect(logged.rows).toHaveLength(logged.total);
    const other = await walk({ show: 'other' });
    expect(other.total).toBeGreaterThan(0);
    expect((await walk({ show: 'uses' })).total).toBe(logged.total - other.total);
    const [key] = logged.rows.flatMap(({ event }) => event?.key ?? []);
    for (const user of (await describeKey({ ctx: store.ctx, input: { key: key ?? '' } })).users) {
      const { principal, firstAt: from, lastAt } = user;
      const filters = { key: key ?? '', principal };
      const used = await walk({ show: 'uses', filters, window: { from, to: lastAt + 60_000 } });
      expect(used.total).toBe(user.events);
    }
  });

  test('filters cut the list, alone and together, on both sides', async () => {
    const { rows } = await walk();
    const [some] = rows;
    const { process = '', cause = '', workspace = '' } = some?.attempt ?? {};
    const fits = rows.filter(
      ({ attempt }) =>
        attempt?.process === process && attempt.cause === cause && attempt.workspace === workspace,
    );
    const found = await walk({ filters: { process, cause, workspace } });
    expect(found.rows.map(attemptId)).toEqual(fits.map(attemptId));
    expect(found.total).toBe(fits.length);
    const strangers = await walk({ show: 'strangers', filters: { principal: 'AIDASTRANGER' } });
    expect(strangers.total).toBeGreaterThan(0);
    expect((await walk({ show: 'strangers', filters: { principal: 'nobody' } })).rows).toEqual([]);
    const hostile = { workspace: "'; DROP TABLE kms_attempt; --" };
    expect((await walk({ filters: hostile })).rows).toEqual([]);
    expect((await walk()).total).toBe(rows.length);
  });

  test('the window takes its first instant in and leaves its last out', async () => {
    const { rows } = await walk();
    const at = rows[100]?.attempt?.at ?? 0;
    // A window is whole minutes, wherever in them it begins and ends.
    const minute = at - (at % 60_000);
    const same = rows.filter(({ attempt }) => {
      const of = attempt?.at ?? 0;
      return of >= minute && of < minute + 60_000;
    });
    for (const window of [
      { from: at, to: at + 1 },
      { from: minute, to: minute + 60_000 },
    ])
      expect((await page({ window })).total).toBe(same.length);
    const before = { from: minute - 60_000, to: minute };
    const { rows: earlier } = await page({ window: before });
    expect(earlier.every(({ attempt }) => (attempt?.at ?? 0) < minute)).toBe(true);
  });

  test('a cursor with numbers that no row has is a place in the list as any other', async () => {
    const beyond = `${told.to}_${'9'.repeat(18)}_${'9'.repeat(18)}_1_1_1`;
    expect((await page({ cursor: beyond })).rows.length).toBeGreaterThan(0);
  });

  test.each(['x', '1', '_', '1_', 'x_1', '12345678901234567_a'])(
    'the cursor %j is refused as none of ours',
    async (cursor) => {
      await expect(page({ cursor })).rejects.toMatchObject({ code: 'bad-request' });
    },
  );

  test('an event is shown with its record as delivered; one that is not there is not found', async () => {
    const { rows } = await walk({ show: 'suspects' });
    const event = rows.find((row) => row.event?.eventId === 'suspect')?.event;
    const input = { eventId: 'suspect', at: event?.at ?? 0 };
    const { ctx } = store;
    expect(await rawEvent({ ctx, input })).toEqual({
      event,
      raw: '{}',
      source: 'files',
    });
    for (const wrong of [
      { ...input, at: input.at + 1 },
      { ...input, eventId: 'nobody' },
    ])
      await expect(rawEvent({ ctx, input: wrong })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('the extent holds everything, to the minute', async () => {
    const extent = await storeExtent({ ctx: store.ctx });
    const whole = await explain({ ctx: store.ctx, input: { window: extent ?? window } });
    expect(whole.ledger.lines.map(({ total }) => total)).toEqual(
      view.ledger.lines.map(({ total }) => total),
    );
    expect((extent?.from ?? 0) > told.from && (extent?.to ?? 0) < told.to).toBe(true);
  });

  test('buckets hold every message and call once, and say which the log does not cover', async () => {
    const calls = view.buckets.flatMap(({ causes }) => Object.values(causes));
    const callsTotal = view.ledger.lines.find(({ id }) => id === 'calls')?.total;
    expect(calls.reduce((all, n) => all + n, 0)).toBe(callsTotal);
    expect(view.buckets.reduce((all, { messages }) => all + messages, 0)).toBe(
      view.ledger.messages,
    );
    expect(view.buckets).toHaveLength((told.to - told.from) / view.bucketMs);
    for (const { start, incomplete } of view.buckets)
      expect(incomplete).toBe(start + view.bucketMs > coveredUntil);
  });
});
