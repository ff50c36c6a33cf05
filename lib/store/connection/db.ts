/**
 * How the database is reached, embedded or a server: nothing in this folder knows what is stored, but for the numbers
 * that names have.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../generated/client.ts';
import { embeddedSocketDir, unreachable } from './database-url.ts';
import { watchRoom } from './disk-room.ts';

/**
 * The database. A transaction on the embedded one makes every other client wait: keep it short. `pool` has the
 * connections that Prisma uses, too.
 */
export type Db = PrismaClient & { readonly pool: pg.Pool };

const connectMsMax = 5_000;
// Waiting for the one connection of the embedded database is no fault; the bound only ends what
// hangs.
export const waitMsMax = 60_000;
const serverConnectionsMax = 8;

/** Databases that are spread over the workers of a Citus cluster, and snapshots of them. */
const clusters = new WeakSet<object>();
export const isCluster = (db: object): boolean => clusters.has(db);
export const ofCluster = (tx: object): void => void clusters.add(tx);

/**
 * Connects; throws AppError `unavailable` where the database does not answer within five seconds.
 */
export async function openDb(url: string): Promise<Db> {
  const isSpread = await probe(url);
  const socketDir = embeddedSocketDir(url);
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: waitMsMax,
    // All clients of the embedded database share one session, so a second connection gains nothing.
    max: socketDir === null ? serverConnectionsMax : 1,
    // Statements are many and short: a server would compile some for longer than they run, and start workers
    // (4 to 18 ms) for what takes one of them a millisecond. One that hangs is ended, by a server.
    onConnect: async (client) => {
      await client.query(
        `SET jit = off; SET parallel_setup_cost = 10000; SET statement_timeout = ${waitMsMax}`,
      );
    },
  });
  const client = new PrismaClient({
    adapter: new PrismaPg(pool, { disposeExternalPool: true }),
    errorFormat: 'minimal',
    transactionOptions: { maxWait: waitMsMax, timeout: waitMsMax },
  });
  const db = Object.assign(client, { pool });
  await db.$connect();
  if (socketDir !== null) watchRoom(db, socketDir);
  if (isSpread) clusters.add(db);
  return db;
}

export async function closeDb(db: Db): Promise<void> {
  await db.$disconnect();
}

/** Resolves to whether it is a Citus coordinator. */
async function probe(url: string): Promise<boolean> {
  const client = await connectClient(url);
  try {
    return await hasCitus(client);
  } finally {
    await client.end();
  }
}

export async function hasCitus(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query("SELECT FROM pg_extension WHERE extname = 'citus'");
  return rowCount !== null && rowCount > 0;
}

/**
 * A connection of its own, outside Prisma's pool; throws AppError `unavailable` as `openDb` does.
 */
export async function connectClient(url: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectMsMax,
    });
    // A connection lost later fails its query too; unheard, the event would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (cause) {
    throw unreachable(url, cause);
  }
}
