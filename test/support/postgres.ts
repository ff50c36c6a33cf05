import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { openMemory } from '../../lib/store/connection/embedded.ts';

export interface TestDatabase {
  url: string;
  close(): Promise<void>;
}

export interface TestDatabaseKind {
  name: string;
  /** Why this kind cannot be had here; null where it can. */
  missing: string | null;
  open(): Promise<TestDatabase>;
}

/**
 * Every kind of database the store must work on; each `open` gives an empty one. A Citus cluster is one of them where
 * there is one, and the only one under `npm run long -- citus`.
 */
export function testDatabases(): TestDatabaseKind[] {
  const cluster = { name: 'a Citus cluster', missing: null, open: openOnCitus };
  if (process.env.KEYTIDE_TEST_ONLY === 'citus') return [cluster];
  return [
    { name: 'embedded PGlite', missing: null, open: openMemory },
    postgresServer(),
    ...(citusUrls().length > 0 ? [cluster] : []),
  ];
}

export const postgresServer = (): TestDatabaseKind => ({
  name: 'a PostgreSQL server',
  missing: missingPostgres(),
  open: openOnServer,
});

const debianRoot = '/usr/lib/postgresql';

function binDir(): string | null {
  const versions = existsSync(debianRoot) ? readdirSync(debianRoot) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  const candidates = [
    ...newestFirst.map((version) => join(debianRoot, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return candidates.find((dir) => existsSync(join(dir, 'initdb'))) ?? null;
}

function missingPostgres(): string | null {
  if (binDir() !== null) return null;
  const reason = 'PostgreSQL (initdb, pg_ctl) is not installed';
  if (process.env.KEYTIDE_TEST_REQUIRE === 'all') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return reason;
}

/** A private cluster on a unix socket, gone with `close`. */
async function openOnServer(): Promise<TestDatabase> {
  const dir = mkdtempSync(join(tmpdir(), 'keytide-pg-'));
  if (isRoot()) run('chown', ['postgres', dir]);
  const data = join(dir, 'data');
  const settings = `-c listen_addresses= -c unix_socket_directories=${dir} -c fsync=off`;
  runPg('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  runPg('pg_ctl', ['-D', data, '-w', '-l', join(dir, 'log'), '-o', settings, 'start']);
  const options = new URLSearchParams({ host: dir });
  const urlOf = (name: string) => `postgresql://postgres@localhost:5432/${name}?${options}`;
  const name = `keytide_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Client(urlOf('postgres'));
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  return {
    url: urlOf(name),
    close: async () => {
      runPg('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop']);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** `KEYTIDE_TEST_CITUS` has the URLs of a coordinator and its workers, by commas; their users may make databases. */
const citusUrls = (): string[] => (process.env.KEYTIDE_TEST_CITUS ?? '').split(',').filter(Boolean);

/** Why there is no cluster; null where there is one. */
export function missingCitus(): string | null {
  if (citusUrls().length > 1) return null;
  const reason = 'KEYTIDE_TEST_CITUS names no coordinator and workers of a Citus cluster';
  if (process.env.KEYTIDE_TEST_ONLY === 'citus') throw new Error(reason);
  return reason;
}

export interface TestCluster extends TestDatabase {
  /** Lets the last worker answer nobody; resolves to what lets it answer again. */
  stopWorker(): Promise<() => Promise<void>>;
}

/** A database of the cluster's own. Citus makes none of it on the workers. */
export async function openOnCitus(): Promise<TestCluster> {
  const name = `keytide_${randomUUID().slice(0, 8)}`;
  const urls = citusUrls();
  const own = urls.map((url) => Object.assign(new URL(url), { pathname: `/${name}` }));
  for (const url of urls) await queryOnce(url, `CREATE DATABASE ${name}`);
  for (const url of own) await queryOnce(url.href, 'CREATE EXTENSION citus');
  const [coordinator, ...workers] = own;
  if (coordinator === undefined) throw new Error('KEYTIDE_TEST_CITUS names no cluster');
  const placed = (url: URL) => `'${url.hostname}', ${url.port || 5432}`;
  await queryOnce(coordinator.href, `SELECT citus_set_coordinator_host(${placed(coordinator)})`);
  for (const url of workers)
    await queryOnce(coordinator.href, `SELECT citus_add_node(${placed(url)})`);
  const worker = urls.at(-1) ?? '';
  const letIn = (yes: boolean) =>
    queryOnce(worker, `ALTER DATABASE ${name} ALLOW_CONNECTIONS ${yes}`);
  const ended = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
  return {
    url: coordinator.href,
    stopWorker: async () => {
      await letIn(false);
      await queryOnce(worker, ended);
      return () => letIn(true);
    },
    close: async () => {
      for (const url of urls) await queryOnce(url, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function queryOnce(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** PostgreSQL refuses to run as root. */
function runPg(program: string, args: string[]): void {
  const path = join(binDir() ?? '', program);
  if (isRoot()) run('runuser', ['-u', 'postgres', '--', path, ...args]);
  else run(path, args);
}

function run(program: string, args: string[]): void {
  // A server started with our output pipes would hold them open after pg_ctl is done.
  const done = spawnSync(program, args, { cwd: tmpdir(), stdio: 'ignore' });
  if (done.status === 0) return;
  throw new Error(`${program} ${args.join(' ')}: ${done.error?.message ?? `exit ${done.status}`}`);
}
