import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../lib/domain/app-error.ts';
import { embeddedUrl } from '../../lib/store/connection/database-url.ts';
import { closeDb, openDb } from '../../lib/store/connection/db.ts';
import { attachOrOpen, openEmbedded, openMemory } from '../../lib/store/connection/embedded.ts';
import { serveSession } from '../../lib/store/connection/session-server.ts';
import { testDatabases } from '../support/postgres.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keytide-test-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error(`expected an AppError, got ${String(error)}`);
}

/** Another process that owns `dir`, has written rows, and waits to be killed. */
async function ownerProcess(rows: number): Promise<ChildProcess> {
  const embedded = new URL('../../lib/store/connection/embedded.ts', import.meta.url).href;
  const script = `
    import pg from ${JSON.stringify(import.meta.resolve('pg'))};
    const { openEmbedded } = await import(${JSON.stringify(embedded)});
    const { url } = await openEmbedded({ dir: ${JSON.stringify(dir)} });
    const client = new pg.Client(url);
    await client.connect();
    await client.query('CREATE TABLE kept (n int)');
    for (let n = 0; n < ${rows}; n++) await client.query('INSERT INTO kept VALUES ($1)', [n]);
    console.log('ready');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: process.cwd(),
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (String(line).trim() !== 'ready') throw new Error(`the owner ended: ${String(line)}`);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('the directory of the embedded database', () => {
  it('is refused to a second owner, who is told of the first', async () => {
    const owner = await openEmbedded({ dir });
    const error = await failure(openEmbedded({ dir }));
    expect(error.code).toBe('in-use');
    expect(error.message).toMatch(
      new RegExp(
        `^The data directory ${dir} is in use by keytide \\(pid ${process.pid}, since .+Z\\)`,
      ),
    );
    expect(error.message).toContain('--data DIR');
    await owner.close();
  });

  it('is free again after close, which may be called twice', async () => {
    const first = await openEmbedded({ dir });
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await Promise.all([first.close(), first.close()]);
    await first.close();
    expect(existsSync(join(dir, 'lock'))).toBe(false);
    expect(existsSync(join(dir, '.s.PGSQL.5432'))).toBe(false);
    const second = await openEmbedded({ dir });
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    await second.close();
  });

  it('keeps every acknowledged row and can be opened after kill -9 of its owner', async () => {
    const child = await ownerProcess(500);
    expect((await failure(openEmbedded({ dir }))).message).toContain(`pid ${child.pid},`);
    await kill(child);
    expect(existsSync(join(dir, 'lock'))).toBe(true);
    expect(existsSync(join(dir, '.s.PGSQL.5432'))).toBe(true);
    const reopened = await openEmbedded({ dir });
    expect(await query(reopened.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 500 }]);
    await reopened.close();
  });

  it('is shared with a process that attaches, and outlives it', async () => {
    const child = await ownerProcess(1);
    const attached = await attachOrOpen({ dir });
    expect(attached).toMatchObject({ owner: false, pid: child.pid });
    expect(await query(attached.url, 'SELECT n FROM kept')).toEqual([{ n: 0 }]);
    await attached.close();
    expect(await query(attached.url, 'SELECT n FROM kept')).toEqual([{ n: 0 }]);
    await kill(child);
    const owner = await attachOrOpen({ dir });
    expect(owner).toMatchObject({ owner: true, pid: process.pid });
    await owner.close();
  });

  it('lets exactly one of several that open it at once own it, over a dead lock too', async () => {
    writeLock({ pid: 2 ** 22 + 1 });
    const opened = await Promise.all(Array.from({ length: 4 }, () => attachOrOpen({ dir })));
    expect(opened.filter((embedded) => embedded.owner)).toHaveLength(1);
    expect(new Set(opened.map((embedded) => embedded.url)).size).toBe(1);
    await Promise.all(opened.map((embedded) => embedded.close()));
  });

  it.runIf(process.platform === 'linux')(
    'is free where the pid in the lock was reused',
    async () => {
      writeLock({ pid: process.pid, startTicks: '1' });
      const embedded = await openEmbedded({ dir });
      await embedded.close();
    },
  );

  it('is not taken from a starting other host, nor where a socket answers', async () => {
    writeLock({ pid: 1, host: `not-${hostname()}`, socketDir: dir });
    expect((await failure(openEmbedded({ dir }))).code).toBe('in-use');
    writeLock({ pid: 2 ** 22 + 1, socketDir: dir });
    const server = createServer().listen(join(dir, '.s.PGSQL.5432'));
    await once(server, 'listening');
    expect((await failure(openEmbedded({ dir }))).code).toBe('in-use');
    server.close();
  });

  it('is closed to other users', async () => {
    const made = join(dir, 'deep', 'data');
    const embedded = await openEmbedded({ dir: made });
    for (const path of [made, join(made, 'db'), join(made, 'lock'), join(made, '.s.PGSQL.5432')]) {
      expect(statSync(path).mode & 0o077, path).toBe(0);
    }
    await embedded.close();
  });

  it('keeps its own permissions where it holds other things', async () => {
    const shared = join(dir, 'shared');
    mkdirSync(shared, { mode: 0o755 });
    writeFileSync(join(shared, 'notes.txt'), '');
    const embedded = await openEmbedded({ dir: shared });
    expect(statSync(shared).mode & 0o777).toBe(0o755);
    await embedded.close();
  });

  it('may have a path too long for a socket', async () => {
    const long = join(dir, 'x'.repeat(120));
    const embedded = await openEmbedded({ dir: long });
    const { socketDir } = JSON.parse(readFileSync(join(long, 'lock'), 'utf8'));
    expect(statSync(socketDir).mode & 0o777).toBe(0o700);
    const attached = await attachOrOpen({ dir: long });
    expect(attached).toMatchObject({ owner: false, url: embedded.url });
    expect(await query(attached.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await embedded.close();
    expect(existsSync(socketDir)).toBe(false);
  });

  function writeLock(fields: object): void {
    const lock = { host: hostname(), startTicks: null, started: '', what: 'keytide', ...fields };
    writeFileSync(join(dir, 'lock'), JSON.stringify({ socketDir: null, ...lock }));
  }
});

describe('the one session of the embedded database', () => {
  async function withClients(
    count: number,
    use: (clients: pg.Client[]) => Promise<void>,
  ): Promise<void> {
    const embedded = await openMemory();
    const clients = Array.from({ length: count }, () => new pg.Client(embedded.url));
    for (const client of clients) client.on('error', () => undefined);
    await Promise.all(clients.map((client) => client.connect()));
    try {
      await use(clients);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
      await embedded.close();
    }
  }

  it('answers each client its own question, however long, after failures too', async () => {
    await withClients(4, async (clients) => {
      const work = clients.map(async (client, index) => {
        for (let round = 0; round < 60; round++) {
          const long = 'x'.repeat(300_000 + round);
          const { rows } =
            index === 3
              ? await client.query('SELECT length($1::text) AS n', [long])
              : await client.query('SELECT $1::int + $2::int AS n', [index, round]);
          expect(rows).toEqual([{ n: index === 3 ? long.length : index + round }]);
          if (round % 7 === 0) {
            await expect(client.query('SELECT nonsense, $1::int', [1])).rejects.toThrow('nonsense');
          }
        }
      });
      await Promise.all(work);
    });
  });

  it('rolls back what a client that vanished left open, and lets the others on', async () => {
    await withClients(2, async ([leaver, stayer]) => {
      await stayer?.query('CREATE TABLE t (n int)');
      await leaver?.query('BEGIN');
      await leaver?.query('INSERT INTO t VALUES (1)');
      const waiting = stayer?.query('SELECT count(*)::int AS n FROM t');
      // Ends the connection without a word, as a killed process does.
      (
        leaver as unknown as { connection: { stream: { destroy(): void } } }
      ).connection.stream.destroy();
      expect((await waiting)?.rows).toEqual([{ n: 0 }]);
    });
  });

  it('rolls back a transaction left untouched too long', async () => {
    const db = await PGlite.create();
    const path = join(dir, '.s.PGSQL.5432');
    const limits = { connectionsMax: 2, idleInTransactionMsMax: 200 };
    const server = await serveSession({ db, path, ...limits });
    const sleeper = new pg.Client(embeddedUrl(dir));
    sleeper.on('error', () => undefined);
    await sleeper.connect();
    await sleeper.query('BEGIN');
    await sleeper.query('CREATE TABLE t (n int)');
    const found = await query(embeddedUrl(dir), "SELECT to_regclass('t')::text AS t");
    expect(found).toEqual([{ t: null }]);
    await expect(sleeper.query('SELECT 1')).rejects.toThrow();
    await server.close();
    await db.close();
  });

  it('lets a transaction that failed be rolled back, and the next begin clean', async () => {
    await withClients(2, async ([one, two]) => {
      await one?.query('BEGIN');
      await expect(one?.query('SELECT nonsense')).rejects.toThrow();
      const waiting = two?.query('SELECT 2 AS n');
      await one?.query('ROLLBACK');
      expect((await waiting)?.rows).toEqual([{ n: 2 }]);
    });
  });
});

for (const kind of testDatabases()) {
  describe.skipIf(kind.missing)(`two clients on ${kind.name}`, () => {
    it('interleave short transactions without loss or mixing', async () => {
      const database = await kind.open();
      await query(database.url, 'CREATE TABLE tally (name text PRIMARY KEY, n int NOT NULL)');
      await query(database.url, "INSERT INTO tally VALUES ('shared', 0), ('0', 0), ('1', 0)");
      const clients = [await openDb(database.url), await openDb(database.url)];
      const rounds = 50;
      const add = 'UPDATE tally SET n = n + 1 WHERE name = $1';
      const work = clients.map(async (db, index) => {
        for (let round = 0; round < rounds; round++) {
          const failing = round % 5 === 0;
          const done = db.$transaction(async (tx) => {
            await tx.$executeRawUnsafe(add, 'shared');
            await tx.$executeRawUnsafe(add, String(index));
            if (failing) throw new Error('rolled back on purpose');
          });
          if (failing) await expect(done).rejects.toThrow('on purpose');
          else await done;
        }
      });
      await Promise.all(work);
      const kept = rounds - rounds / 5;
      expect(await query(database.url, 'SELECT name, n FROM tally ORDER BY name')).toEqual([
        { name: '0', n: kept },
        { name: '1', n: kept },
        { name: 'shared', n: 2 * kept },
      ]);
      await Promise.all(clients.map(closeDb));
      await database.close();
    });
  });
}

describe('a database that does not answer', () => {
  it.each([
    ['nothing listens', 'postgresql://me:hunter2@127.0.0.1:9/keytide', '127.0.0.1:9/keytide'],
    ['no such socket', 'postgresql://me:hunter2@x/keytide?host=/nowhere', '/nowhere/keytide'],
  ])('is named without its password (%s)', async (_, url, place) => {
    const error = await failure(openDb(url));
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(`The database at ${place} cannot be reached: `);
    expect(error.message).toContain('Check DATABASE_URL');
    expect(error.message).not.toContain('hunter2');
  });

  it('is given up after five seconds', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const began = performance.now();
    const error = await failure(openDb(`postgresql://me@127.0.0.1:${port}/keytide`));
    expect(error.code).toBe('unavailable');
    expect(performance.now() - began).toBeLessThan(8_000);
    silent.close();
  });
});
