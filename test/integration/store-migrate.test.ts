import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb, type Db, openDb } from '../../lib/store/connection/db.ts';
import { ensurePartitions, partitionedTables } from '../../lib/store/records/ensure-partitions.ts';
import { migrate } from '../../lib/store/upkeep/migrate.ts';
import {
  readMigrations,
  readSchema,
  withSchemaEngine,
} from '../../lib/store/upkeep/schema-engine.ts';
import { type TestDatabase, testDatabases } from '../support/postgres.ts';

const november = Date.UTC(2026, 10, 23, 12, 0, 0, 123);
const monthEnd = Date.UTC(2026, 11, 1);

/**
 * The engine can describe a database only in the catalog's own type "char", which the adapter
 * refuses (partitioned tables have it, and every NOT NULL from PostgreSQL 18 on). Applying
 * migrations never describes; this comparison does.
 */
function readingChar(pool: pg.Pool): PrismaPg {
  const query = pool.query.bind(pool) as (config: pg.QueryArrayConfig) => Promise<pg.QueryResult>;
  Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig) => {
      const result = await query(config);
      for (const field of result.fields) {
        if (field.dataTypeID === pg.types.builtins.CHAR) {
          field.dataTypeID = pg.types.builtins.BPCHAR;
        }
      }
      return result;
    },
  });
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (sql) => {
      const result = await queryRaw(sql);
      const index = result.columnNames.indexOf('constraint_type');
      if (index >= 0) result.columnTypes[index] = ColumnTypeEnum.Character;
      return result;
    };
    return adapter;
  };
  return factory;
}

/** What Prisma would run to bring the live database to schema.prisma. */
async function drift(url: string): Promise<string | null> {
  const files = [readSchema()];
  const compare = (engine: SchemaEngine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
  return (await withSchemaEngine(url, compare, readingChar)).stdout;
}

async function partitionsOf(db: Db, table: string): Promise<string[]> {
  const rows = await db.$queryRawUnsafe<{ name: string }[]>(
    'SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid ' +
      'WHERE i.inhparent = to_regclass($1) ORDER BY 1',
    table,
  );
  return rows.map((row) => row.name);
}

function attemptAt(at: number) {
  return {
    at: new Date(at),
    process: 1,
    boot: 2,
    seq: 9_007_199_254_740_993n,
    attempt: 1,
    workspace: 3,
    key: 4,
    operation: 5,
    cause: 6,
    sent: true,
    sentAt: new Date(at),
    durationMs: 12.5,
    outcome: 7,
    spanId: '00',
  };
}

for (const kind of testDatabases()) {
  describe.skipIf(kind.missing)(`the schema on ${kind.name}`, () => {
    let database: TestDatabase;
    let applied: string[][];
    let db: Db;
    let other: Db;

    beforeAll(async () => {
      database = await kind.open();
      applied = await Promise.all([migrate(database.url), migrate(database.url)]);
      db = await openDb(database.url);
      other = await openDb(database.url);
    });
    afterAll(async () => {
      if (db) await closeDb(db);
      if (other) await closeDb(other);
      await database?.close();
    });

    it('applies every migration once though two processes begin together', () => {
      const names = readMigrations().migrationDirectories.map((migration) => migration.path);
      expect(applied.flat()).toEqual(names);
    });

    it('applies nothing to a database that is up to date', async () => {
      expect(await migrate(database.url)).toEqual([]);
    });

    it('makes the partitions that rows need and no others', async () => {
      await ensurePartitions(db, 'call', [november, monthEnd - 1, monthEnd, november]);
      expect(await partitionsOf(db, 'call')).toEqual(['call_2026_11', 'call_2026_12']);
    });

    it('makes a partition once though many ask for it together', async () => {
      const instants = Array.from({ length: 12 }, (_, month) => Date.UTC(2027, month, 15));
      const asking = [db, other, db, other].flatMap((client) =>
        partitionedTables.map((table) => ensurePartitions(client, table, instants)),
      );
      await Promise.all(asking);
      for (const table of partitionedTables) {
        const made = await partitionsOf(db, table);
        expect(made.filter((name) => name.includes('2027'))).toHaveLength(12);
      }
    });

    it('makes a partition once though two clients race with nothing remembered', async () => {
      for (let month = 0; month < 24; month++) {
        const at = Date.UTC(2030, month, 1);
        await Promise.all([db, other].map((client) => ensurePartitions(client, 'event', [at])));
      }
      const made = await partitionsOf(db, 'event');
      expect(made.filter((name) => /_203[01]_/.test(name))).toHaveLength(24);
    });

    it.each([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      0,
      Date.UTC(2006, 0, 1) - 1,
      Date.UTC(2100, 0, 1),
    ])('refuses to make a partition for the instant %d', async (instant) => {
      const before = await partitionsOf(db, 'attempt');
      await expect(ensurePartitions(db, 'attempt', [november, instant])).rejects.toThrow(
        RangeError,
      );
      expect(await partitionsOf(db, 'attempt')).toEqual(before);
    });

    it('keeps milliseconds and whole 64-bit numbers in a partitioned table', async () => {
      await ensurePartitions(db, 'attempt', [november]);
      const row = attemptAt(november);
      await db.attempt.create({ data: row });
      const found = await other.attempt.findMany({ where: { at: new Date(november) } });
      expect(found).toEqual([expect.objectContaining(row)]);
    });

    it('counts a row that comes twice once', async () => {
      await ensurePartitions(db, 'attempt', [november + 1]);
      const data = [attemptAt(november + 1), attemptAt(november + 1)];
      await db.attempt.createMany({ data, skipDuplicates: true });
      const again = await db.attempt.createMany({ data, skipDuplicates: true });
      expect(again.count).toBe(0);
    });

    it('lets the process end as soon as its work is done', async () => {
      const module = new URL('../../lib/store/upkeep/migrate.ts', import.meta.url).href;
      const script = `
        const { migrate } = await import(${JSON.stringify(module)});
        await migrate(${JSON.stringify(database.url)});
        const done = performance.now();
        process.on('exit', () => console.log(performance.now() - done));
      `;
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
      expect(Number(stdout)).toBeLessThan(2_000);
    });

    it('shows Prisma a table it does not know of', async () => {
      await db.$executeRawUnsafe('CREATE TABLE unknown_table (n int)');
      expect(await drift(database.url)).toContain('DROP TABLE "unknown_table"');
      await db.$executeRawUnsafe('DROP TABLE unknown_table');
    });

    it('shows Prisma no drift, partitions made or not', async () => {
      expect(await drift(database.url)).toMatch(/^(-- This is an empty migration\.)?\s*$/);
    });
  });
}
