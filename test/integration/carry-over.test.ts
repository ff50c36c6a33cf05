/** Rows of the schema as it was first released, with every name written out, read after the migration as before it. */
import { expect, test } from 'vitest';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { closeDb, openDb } from '../../lib/store/connection/db.ts';
import { rebuildTallies } from '../../lib/store/rollups/rebuild-tallies.ts';
import { carryOverNames, firstNames } from '../../lib/store/upkeep/carry-over-names.ts';
import { firstTables } from '../../lib/store/upkeep/carry-over-records.ts';
import { migrate } from '../../lib/store/upkeep/migrate.ts';
import { readMigrations, withSchemaEngine } from '../../lib/store/upkeep/schema-engine.ts';
import { readAuditEvent } from '../../lib/store/views/calls/read-audit-event.ts';
import { testDatabases } from '../support/postgres.ts';
import { recount, written } from '../support/recount.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { story } from '../support/story.ts';

const told = story(7);
/** The last migration before names became ids. */
const firstUntil = '20261126120000';
const views = ['kms_call', 'kms_attempt', 'operation_count', 'dek_activity', 'key_event'];

async function fill({ ctx }: TestStore): Promise<void> {
  await ingestTelemetry({ ctx, input: told.telemetry });
  await ingestAudit({ ctx, input: { records: told.audit, source: 'files', seenAt: null } });
}

/** The same rows as the first tables had them, as JSON. */
async function firstRows({ ctx, query }: TestStore): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for (const view of ['kms_call', 'kms_attempt', 'operation_count', 'dek_activity']) {
    const [found] = await query<{ all: string }>(`SELECT jsonb_agg(v)::text AS all FROM ${view} v`);
    rows.set(view, found?.all ?? '[]');
  }
  const events = await query<{ row: Record<string, unknown>; id: string; at: number }>(
    `SELECT v.event_id AS id, (extract(epoch FROM v.at) * 1000)::float8 AS at, to_jsonb(v) || jsonb_build_object(
       'attempt_process', a.process, 'attempt_boot', a.boot, 'attempt_seq', a.seq, 'attempt_no', a.attempt,
       'attempt_at', a.at, 'join_method', a.join_method, 'join_confidence', a.join_confidence) AS row
     FROM audit_event v LEFT JOIN kms_attempt a ON a.event_id = v.event_id AND a.event_at = v.at`,
  );
  const all: object[] = [];
  for (const { id, at, row } of events) {
    const read = await readAuditEvent(ctx.db, { eventId: id, at });
    // It had those that a record names.
    all.push({ ...row, raw: read?.raw, ...(row.key === null && { other_keys: [] }) });
  }
  rows.set('audit_event', JSON.stringify(all));
  return rows;
}

/** A database at its first release, with these rows. */
async function firstRelease(url: string, rows: ReadonlyMap<string, string>): Promise<void> {
  const { migrationDirectories, ...list } = readMigrations();
  const first = migrationDirectories.filter(({ path }) => path.slice(0, 14) <= firstUntil);
  await withSchemaEngine(url, (engine) =>
    engine.applyMigrations({
      migrationsList: { ...list, migrationDirectories: first },
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  const db = await openDb(url);
  for (const [table, json] of rows) {
    await db.$executeRawUnsafe(
      `CREATE TABLE ${table}_2026_11 PARTITION OF ${table} FOR VALUES FROM ('2026-11-01T00:00Z') TO ('2026-12-01T00:00Z')`,
    );
    await db.$executeRawUnsafe(
      `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
      json,
    );
  }
  await closeDb(db);
}

for (const kind of testDatabases()) {
  test.skipIf(kind.missing)(
    `every record of the first release is there after the migration, on ${kind.name}`,
    async () => {
      const store = await openTestStore();
      const database = await kind.open();
      try {
        await fill(store);
        await firstRelease(database.url, await firstRows(store));
        await migrate(database.url);
        const db = await openDb(database.url);
        const migrated = await openTestStore(async () => ({
          url: database.url,
          close: async () => undefined,
        }));
        const [before, after] = [await store.dump(), await migrated.dump()];
        for (const view of [...views, 'key_dek', 'key_process', 'key_caller']) {
          expect(after[view], view).toEqual(before[view]);
          expect(before[view]?.length, view).toBeGreaterThan(0);
        }
        const [event] = told.audit;
        if (event === undefined) throw new Error('the story has no event');
        expect((await readAuditEvent(db, event))?.raw).toBe(event.raw);
        const left = await migrated.query(
          `SELECT 1 FROM unnest(ARRAY['${firstTables.join("', '")}']) AS name WHERE to_regclass(name) IS NOT NULL`,
        );
        expect(left).toEqual([]);
        await closeDb(db);
        await migrated.close();
      } finally {
        await store.close();
        await database.close();
      }
    },
    180_000,
  );
}

for (const kind of testDatabases()) {
  test.skipIf(kind.missing)(
    `an event that names no key is put under its request's key where an earlier release had joined it, on ${kind.name}`,
    async () => {
      const store = await openTestStore(kind.open);
      try {
        const { db } = store.ctx;
        await fill(store);
        const { key_event: events, key_caller: callers } = await store.dump();
        await db.$executeRawUnsafe(
          `CREATE TABLE ${firstNames} AS SELECT event_id AS id, event_at AS at, attempt_key AS key
           FROM pair WHERE key = 0 AND event_key = 0`,
        );
        for (const sql of [
          'DELETE FROM event WHERE role = 1 AND id IN (SELECT id FROM event WHERE key = 0)',
          'UPDATE event SET other_keys = NULL WHERE key = 0',
        ])
          await db.$executeRawUnsafe(sql);
        await rebuildTallies(db);
        const sums = await written(store);
        await carryOverNames(db);
        const after = await store.dump();
        expect(after.key_event).toEqual(events);
        expect(after.key_caller).toEqual(callers);
        expect((await written(store)).size).toBeGreaterThan(sums.size);
        expect(await written(store)).toEqual(await recount(store));
      } finally {
        await store.close();
      }
    },
    60_000,
  );
}
