/** What is kept of each key as calls and events come in, held against the rows themselves. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keyUse } from '../../lib/services/answers/key-use.ts';
import { describeKey } from '../../lib/services/answers/keys.ts';
import { revocation } from '../../lib/services/answers/revocation.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { packTallies } from '../../lib/store/rollups/pack-tallies.ts';
import { rebuildTallies } from '../../lib/store/rollups/rebuild-tallies.ts';
import { testDatabases } from '../support/postgres.ts';
import { auditRecord, callRecord, emptyBatch } from '../support/records.ts';
import { simulatedDrill } from '../support/simulated-drill.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { story } from '../support/story.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const iso = (at: number) => `'${new Date(at).toISOString()}'::timestamptz`;

interface Told {
  telemetry: ReturnType<typeof emptyBatch>;
  audit: ReturnType<typeof auditRecord>[];
  now: number;
}

function everything(): Told {
  const { telemetry, audit, to } = story(3, 120);
  return { telemetry, audit, now: to };
}

function denied(): Told {
  const { telemetry, audit } = simulatedDrill(4);
  return { telemetry, audit, now: Math.max(...telemetry.calls.map(({ at }) => at)) + minuteMs };
}

/** Several starts of one process, several keys and callers, one event of two keys and one whose copy comes later. */
function mixed(): Told {
  const start = Date.UTC(2026, 10, 20, 12);
  const keys = [
    'arn:aws:kms:eu-central-1:200000000001:key/a',
    'arn:aws:kms:eu-central-1:200000000001:key/b',
  ];
  const calls = Array.from({ length: 60 }, (_, no) =>
    callRecord({
      ...{ at: start + no * 7 * minuteMs + no, seq: no + 1, dek: `dek-${no % 7}` },
      ...{ key: keys[no % 2] ?? '', workspace: `w-${no % 3}`, boot: no < 30 ? 'one' : 'two' },
      ...{
        dekAgeMs: no % 5 === 0 ? null : (no % 11) * dayMs,
        leaseEndsAt: start + (no * 7 + 60) * minuteMs,
      },
      outcome: no % 9 === 8 ? 'denied' : no % 10 === 9 ? 'wrong-key' : 'ok',
      cause: no % 13 === 12 ? 'validate' : 'load.first',
    }),
  );
  const audit = Array.from({ length: 80 }, (_, no) =>
    auditRecord({
      ...{ eventId: `e-${no}`, at: start + no * 31 * minuteMs + no, requestId: `r-${no}` },
      ...{ key: keys[no % 2] ?? '', otherKeys: no % 10 === 0 ? [keys[1 - (no % 2)] ?? ''] : [] },
      ...{
        principal: `P${no % 4}`,
        principalName: `name-${no % 4}`,
        sourceIp: `192.0.2.${no % 25}`,
      },
      ...{ invokedBy: no % 8 === 3 ? 's3.amazonaws.com' : null },
      ...{
        errorCode: no % 6 === 5 ? 'AccessDenied' : null,
        sharedEventId: no < 20 ? `s-${no}` : null,
      },
    }),
  );
  const copies = audit
    .slice(0, 10)
    .map((record) => ({ ...record, eventId: `a-${record.eventId}`, recipientAccount: '1' }));
  const records = [...audit, ...copies];
  return { telemetry: { ...emptyBatch(), calls }, audit: records, now: start + 60 * 7 * minuteMs };
}

/** In small batches, the last ones first. */
async function takeIn({ ctx }: TestStore, { telemetry, audit }: Told): Promise<void> {
  const parts = <T>(rows: readonly T[]) =>
    [0, 1, 2].map((part) => rows.filter((_, no) => no % 3 === part)).reverse();
  const [calls, attempts] = [parts(telemetry.calls), parts(telemetry.attempts)];
  for (const [no, records] of parts(audit).entries()) {
    await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
    const some = { ...emptyBatch(), calls: calls[no] ?? [], attempts: attempts[no] ?? [] };
    await ingestTelemetry({ ctx, input: some });
    await ingestTelemetry({ ctx, input: some });
  }
  await ingestTelemetry({ ctx, input: telemetry });
}

const migration = new URL(
  '../../prisma/migrations/20261202000000_key_facts/migration.sql',
  import.meta.url,
);

/** As the migration does where rows are stored. */
async function fillAnew({ ctx: { db } }: TestStore): Promise<void> {
  await db.$executeRawUnsafe('TRUNCATE key_dek, key_process, key_caller');
  await db.$executeRawUnsafe(
    `DELETE FROM tally_open t USING dimension d WHERE d.kind = 6 AND d.id = t.label AND d.name LIKE '["refused"%'`,
  );
  const statements = readFileSync(migration, 'utf8')
    .replace(/^--.*$/gm, '')
    .split(';');
  for (const sql of statements) if (/^\s*INSERT/.test(sql)) await db.$executeRawUnsafe(sql);
}

const isUse = "state NOT IN ('copy', 'other')";

/** The same as the page of a key has it, counted row by row. */
async function counted({ query }: TestStore, key: string, now: number) {
  const own = `key = '${key}'`;
  const since = now - 14 * dayMs;
  const users = await query<{ principal: string; lastAt: number }>(
    `SELECT principal, count(*)::float8 AS events, count(error_code)::float8 AS refused, ${ms('min(at)')} AS "firstAt",
       ${ms('max(at)')} AS "lastAt", (count(*) FILTER (WHERE at > (SELECT max(at) - interval '1 day' FROM key_event
         WHERE ${own} AND ${isUse})))::float8 AS lately,
       coalesce((array_agg(DISTINCT source_ip COLLATE "C") FILTER (WHERE source_ip IS NOT NULL))[1:10], '{}') AS "sourceIps",
       coalesce(array_agg(DISTINCT invoked_by) FILTER (WHERE invoked_by IS NOT NULL), '{}') AS services
     FROM key_event WHERE ${own} AND ${isUse} GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const newest = Math.max(...users.map(({ lastAt }) => lastAt));
  const from = Math.floor((newest - 14 * dayMs) / (60 * minuteMs)) * 60 * minuteMs;
  const hours = await query(
    `SELECT ${ms("date_trunc('hour', at)")} AS at, (count(*) FILTER (WHERE error_code IS NULL))::float8 AS granted,
       count(error_code)::float8 AS refused
     FROM key_event WHERE ${own} AND ${isUse} AND at >= ${iso(from)} GROUP BY 1 ORDER BY 1`,
  );
  const workspaces = await query(
    `SELECT workspace, count(*)::float8 AS calls, count(DISTINCT dek)::float8 AS deks, ${ms('max(at)')} AS "lastAt"
     FROM kms_call WHERE ${own} AND cause <> 'validate' GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const readable = await query(
    `WITH known AS (SELECT dek, ${iso(now)} - min(at - coalesce(dek_age_ms, 0) * interval '1 ms') AS old,
         max(lease_ends_at) FILTER (WHERE outcome = 'ok') AS ends, max(at) FILTER (WHERE outcome = 'ok') AS ok,
         max(at) FILTER (WHERE outcome IN ('denied', 'wrong-key')) AS no
       FROM kms_call WHERE ${own} AND cause <> 'validate' AND at >= ${iso(since)} GROUP BY 1),
     aged AS (SELECT *, no IS NOT NULL AND (ok IS NULL OR no > ok) AS is_refused FROM known)
     SELECT CASE WHEN old < interval '1 hour' THEN 'hour' WHEN old < interval '1 day' THEN 'day'
         WHEN old < interval '7 days' THEN 'week' ELSE 'older' END AS age, count(*)::float8 AS deks,
       (count(*) FILTER (WHERE ends > ${iso(now)} AND NOT is_refused))::float8 AS held,
       (count(*) FILTER (WHERE is_refused))::float8 AS refused
     FROM aged GROUP BY 1 ORDER BY min(old)`,
  );
  const mixedRows = await query<{ workspace: string; keys: string[] }>(
    `SELECT workspace, array_agg(DISTINCT key ORDER BY key) AS keys FROM kms_call
     WHERE at >= ${iso(since)} AND cause <> 'validate' GROUP BY 1
     HAVING count(DISTINCT key) > 1 AND bool_or(${own}) ORDER BY 1`,
  );
  return { users, hours, workspaces, readable, mixed: mixedRows };
}

/** What each process holds, from its calls of a day, one by one. */
async function leasesCounted({ query }: TestStore, now: number) {
  const rows = await query<{
    key: string;
    process: string;
    boot: string;
    dek: string;
    operation: string;
    outcome: string;
    at: number;
    ends: number | null;
  }>(
    `SELECT key, process, boot, dek, operation, outcome, ${ms('at')} AS at, ${ms('lease_ends_at')} AS ends FROM kms_call
     WHERE cause <> 'validate' AND at >= ${iso(now - 25 * 60 * minuteMs)} ORDER BY at`,
  );
  const boots = new Map(rows.map(({ process, boot }) => [process, boot]));
  const held = rows.filter(({ process, boot }) => boots.get(process) === boot);
  return [...Map.groupBy(held, ({ key }) => key)].flatMap(([key, ofKey]) =>
    [...Map.groupBy(ofKey, ({ process }) => process)].map(([process, calls]) => {
      const last = (some: typeof calls) => some.at(-1)?.at ?? null;
      const ok = calls.filter(({ outcome }) => outcome === 'ok');
      const dark = last(
        calls.filter(({ operation, outcome }) => operation === 'Decrypt' && outcome === 'denied'),
      );
      const live = ok.filter(({ at, ends }) => (ends ?? 0) > now && at > (dark ?? 0));
      const no = calls.find(({ at, outcome }) => outcome === 'denied' && at > (last(ok) ?? 0));
      return {
        ...{
          key,
          process,
          boot: boots.get(process),
          lastSuccessAt: last(ok),
          deniedAt: no?.at ?? null,
        },
        liveDeks: new Set(live.map(({ dek }) => dek)).size,
        lastLeaseEndsAt: live.reduce<number | null>(
          (end, { ends }) => Math.max(end ?? 0, ends ?? 0),
          null,
        ),
      };
    }),
  );
}

for (const kind of testDatabases())
  describe.skipIf(kind.missing)(`what is kept of keys on ${kind.name}`, () => {
    let store: TestStore;
    beforeAll(async () => {
      store = await openTestStore(kind.open);
    }, 120_000);
    beforeEach(() => store.clear());
    afterAll(() => store?.close());

    async function check(told: Told): Promise<void> {
      const { ctx } = store;
      store.setNow(told.now);
      const keys = await store.query<{ key: string }>(
        `SELECT DISTINCT key FROM key_event WHERE ${isUse} AND key <> '' UNION SELECT DISTINCT key FROM kms_call`,
      );
      expect(keys.length).toBeGreaterThan(0);
      for (const { key } of keys) {
        const is = await counted(store, key, told.now);
        const use = await keyUse({ ctx, input: { key } });
        const view = await describeKey({ ctx, input: { key } });
        const shown = use.users.map(({ name, verdict, operations, ...user }) => {
          expect(Object.values(operations).reduce((sum, n) => sum + n, 0)).toBe(user.events);
          return { ...user, sourceIps: user.sourceIps.toSorted() };
        });
        expect(shown).toEqual(is.users);
        expect(use.ifDisabled.workspaces).toEqual(is.workspaces);
        expect(view.hours).toEqual(is.hours);
        expect(view.readable).toEqual(is.readable);
        expect(view.mixed).toEqual(is.mixed);
      }
      const { keys: drilled } = await revocation({ ctx, input: { sandbox: null } });
      const leases = drilled.flatMap(({ key, processes }) =>
        processes.map(({ process, boot, lastSuccessAt, deniedAt, liveDeks, lastLeaseEndsAt }) => {
          return { key, process, boot, lastSuccessAt, deniedAt, liveDeks, lastLeaseEndsAt };
        }),
      );
      const byPlace = (a: { key: string; process: string }, b: typeof a) =>
        a.key === b.key ? (a.process < b.process ? -1 : 1) : a.key < b.key ? -1 : 1;
      expect(leases.sort(byPlace)).toEqual((await leasesCounted(store, told.now)).sort(byPlace));
    }

    test.each([
      ['a story with everything that can befall a call', everything],
      ['a key that is denied', denied],
      ['two keys, and copies that come late', mixed],
    ])(
      'of %s is what the rows tell, filled by the migration, packed or made anew too',
      async (_, tell) => {
        const told = tell();
        await takeIn(store, told);
        await check(told);
        const taken = await store.dump();
        await fillAnew(store);
        expect(await store.dump()).toEqual(taken);
        await packTallies(store.ctx.db);
        await check(told);
        const before = await store.dump();
        await rebuildTallies(store.ctx.db);
        expect(await store.dump()).toEqual(before);
      },
      60_000,
    );
  });
