import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  createEngine,
  type DekDirectory,
  type KmsCall,
  parseEnvelope,
  type TelemetrySink,
} from '@keytide/crypto-core';
import { directoryGuarantees } from '@keytide/crypto-core/directories/conformance';
import {
  type PostgresPort,
  postgresDirectory,
  postgresDirectoryTable,
} from '@keytide/crypto-core/directories/postgres';
import { localProvider } from '@keytide/crypto-core/providers/local';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb, type Db, openDb } from '../../lib/store/connection/db.ts';
import { migrate } from '../../lib/store/upkeep/migrate.ts';
import { type TestDatabase, testDatabases } from '../support/postgres.ts';

const packageDir = fileURLToPath(new URL('../../crypto-core/', import.meta.url));
const enginesMax = 8;
const body = Buffer.from('body');
const portOptions = { signal: new AbortController().signal };
const live = { signal: new AbortController().signal };
/** As the engine calls it. */
const given = (directory: DekDirectory): DekDirectory => directory;

/** Prisma as the port. */
const prismaPort = (db: Db): PostgresPort => ({
  query: async (text, values) => ({ rows: await db.$queryRawUnsafe<unknown[]>(text, ...values) }),
});

for (const kind of testDatabases()) {
  describe.skipIf(kind.missing)(`a directory of DEKs in a table of its own on ${kind.name}`, () => {
    let database: TestDatabase;
    let pool: pg.Pool;
    let client: pg.Client;

    beforeAll(async () => {
      database = await kind.open();
      pool = new pg.Pool({ connectionString: database.url, max: 8 });
      client = new pg.Client(database.url);
      await client.connect();
      // It may be there already.
      for (let time = 0; time < 2; time += 1) await client.query(postgresDirectoryTable);
    });
    afterAll(async () => {
      await client?.end();
      await pool?.end();
      await database?.close();
    });

    describe('through a pool of pg', () => {
      for (const { title, run } of directoryGuarantees)
        it(title, () => run(() => postgresDirectory(pool)));
    });

    describe('through a client of pg', () => {
      for (const { title, run } of directoryGuarantees)
        it(title, () => run(() => postgresDirectory(client)));
    });

    it('is checked by the README’s own program', async () => {
      const readme = readFileSync(join(packageDir, 'README.md'), 'utf8');
      const ports = readme.slice(readme.indexOf('## Ports'), readme.indexOf('## Telemetry'));
      const code = /```ts\n(.*?)```/s.exec(ports)?.[1] ?? '';
      const args = ['--test-reporter=tap', '--input-type=module', '-e', code];
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        cwd: packageDir,
        env: { ...process.env, DATABASE_URL: database.url, NODE_TEST_CONTEXT: undefined },
      });
      expect(stdout).toContain(`# pass ${directoryGuarantees.length}\n# fail 0`);
    });

    it('asks nothing after its signal was aborted', async () => {
      let asked = 0;
      const directory = postgresDirectory({
        query: (text, values) => {
          asked += 1;
          return client.query(text, values);
        },
      });
      const signal = AbortSignal.abort(new Error('too late'));
      await expect(given(directory).current('w', { signal })).rejects.toThrow('too late');
      await expect(
        given(directory).replace('w', undefined, Buffer.from('a'), { signal }),
      ).rejects.toThrow('too late');
      expect(asked).toBe(0);
      const between = new AbortController();
      const winner = postgresDirectory({
        query: async () => {
          between.abort(new Error('too late'));
          return { rows: [] };
        },
      });
      await expect(
        given(winner).replace('w', undefined, Buffer.from('a'), { signal: between.signal }),
      ).rejects.toThrow('too late');
    });
  });

  describe.skipIf(kind.missing)(`the directory of DEKs of the store on ${kind.name}`, () => {
    let database: TestDatabase;
    const dbs: Db[] = [];

    beforeAll(async () => {
      database = await kind.open();
      await migrate(database.url);
      for (let n = 0; n < enginesMax; n += 1) dbs.push(await openDb(database.url));
    });
    afterAll(async () => {
      for (const db of dbs) await closeDb(db);
      await database?.close();
    });

    const directoryOf = (n: number): DekDirectory => {
      const db = dbs[n % dbs.length];
      if (db === undefined) throw new RangeError('there is no connection');
      return postgresDirectory(prismaPort(db));
    };

    describe('through Prisma', () => {
      let made = 0;
      for (const { title, run } of directoryGuarantees)
        it(title, () =>
          run(() => {
            made += 1;
            return directoryOf(made);
          }),
        );
    });

    it.each(['first', 'rotation'] as const)(
      'ends a race of 8 processes (dek.%s) with one DEK, which the others adopt',
      // Long: one scene told in order.
      async (when) => {
        const workspace = `race-${when}`;
        const provider = localProvider({ secret: randomBytes(32) });
        const calls: KmsCall[] = [];
        const sink: TelemetrySink = {
          attach: () => {},
          call: (call) => calls.push(call),
          close: async () => {},
        };
        // Nobody writes before all have read: each sees the same DEK due.
        const allHaveRead = Promise.withResolvers<void>();
        let reads = 0;
        const racing = (n: number): DekDirectory => ({
          current: async (name) => {
            const header = await directoryOf(n).current(name, portOptions);
            reads += 1;
            if (reads === enginesMax) allHaveRead.resolve();
            await allHaveRead.promise;
            return header;
          },
          replace: directoryOf(n).replace,
        });
        let now = Date.UTC(2026, 0, 5);
        const engineOn = (directory: DekDirectory, process: string, telemetry = [sink]) =>
          createEngine({
            provider,
            directory,
            process,
            keyFor: () => 'local:key/1',
            policy: 'hourly',
            telemetry,
            runtime: {
              now: () => now,
              monotonic: () => now,
              sleep: async () => {},
              random: () => 0.5,
              fill: (buffer) => void randomBytes(buffer.length).copy(buffer),
              every: () => () => {},
            },
          });
        if (when === 'rotation') {
          const before = engineOn(directoryOf(0), 'before', []);
          await before.encrypt(body, { workspace });
          await before.close();
          now += 3_600_000;
        }
        const engines = dbs.map((_, n) => engineOn(racing(n), `api-${n}`));
        const sealed = await Promise.all(
          engines.map((engine) => engine.encrypt(body, { workspace })),
        );
        const headers = new Set(sealed.map((one) => parseEnvelope(one).header.toString('hex')));
        const current = Buffer.from((await directoryOf(0).current(workspace, portOptions)) ?? []);
        expect([...headers]).toEqual([current.toString('hex')]);
        const causes = calls.map(({ cause }) => cause);
        expect(causes.filter((cause) => cause === `dek.${when}`)).toHaveLength(enginesMax);
        expect(causes.filter((cause) => cause === 'dek.adopted')).toHaveLength(enginesMax - 1);
        for (const engine of engines) {
          expect(await engine.decryptMany(sealed, { workspace })).toEqual(sealed.map(() => body));
          await engine.close();
        }
      },
    );
  });
}

const server = testDatabases().find(({ name }) => name === 'a PostgreSQL server');

describe.skipIf(server?.missing)('where sessions are serializable by default', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    if (server === undefined) throw new Error('there is no kind of server');
    database = await server.open();
    const options = '-c default_transaction_isolation=serializable';
    pool = new pg.Pool({ connectionString: database.url, max: 16, options });
    await pool.query(postgresDirectoryTable);
  });
  afterAll(async () => {
    await pool?.end();
    await database?.close();
  });

  for (const { title, run } of directoryGuarantees.filter(({ title }) => title.includes('at once')))
    it(title, () => run(() => postgresDirectory(pool)));
});

describe('what a port answers', () => {
  it.each([
    ['no rows', {}],
    ['a row too many', { rows: [{ header: Buffer.from('a') }, { header: Buffer.from('b') }] }],
    ['text for bytes', { rows: [{ header: '\\x6b74' }] }],
    ['a row without a header', { rows: [{ workspace: 'w' }] }],
    ['null', { rows: [null] }],
  ])('is checked: %s', async (_, answer) => {
    // A driver without types may answer anything.
    const directory = postgresDirectory({ query: async () => answer as { rows: unknown[] } });
    await expect(given(directory).current('w', live)).rejects.toThrow(/^dek_directory: /);
    const replaced = given(directory).replace('w', undefined, Buffer.from('a'), live);
    await expect(replaced).rejects.toThrow(/^dek_directory: /);
  });

  it('is the answer of a port, else that is said at once', () => {
    expect(() => postgresDirectory({} as PostgresPort)).toThrow(TypeError);
  });

  it('that is a failure passes through', async () => {
    const failure = new Error('connection refused');
    const directory = postgresDirectory({ query: () => Promise.reject(failure) });
    await expect(given(directory).current('w', live)).rejects.toBe(failure);
  });
});
