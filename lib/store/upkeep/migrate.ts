/**
 * What keeps the database in order beside all requests: its schema, its size, and who of several processes does it.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../domain/app-error.ts';
import { systemClock } from '../../domain/clock.ts';
import { embeddedSocketDir, placeOf } from '../connection/database-url.ts';
import { closeDb, connectClient, openDb } from '../connection/db.ts';
import { takeLock } from '../connection/directory-lock.ts';
import { carryOverNames, firstNames } from './carry-over-names.ts';
import { carryOverRecords, firstTables } from './carry-over-records.ts';
import { carryOverDays, carryOverSums, firstDays, firstSums } from './carry-over-sums.ts';
import { distribute } from './distribute.ts';
import { readMigrations, withSchemaEngine } from './schema-engine.ts';

// Any constant will do, as long as nothing else on the server locks it: "keytide" in ASCII.
const advisoryLock = 0x6b657974696465n;
const waitMsMax = 60_000;
const pollMs = 50;

/**
 * Applies the migrations that the database lacks and returns their names. Two processes may call it
 * at once.
 */
export async function migrate(url: string): Promise<string[]> {
  const socketDir = embeddedSocketDir(url);
  return socketDir === null
    ? underAdvisoryLock(url, () => apply(url))
    : underDirectoryLock(socketDir, () => apply(url));
}

async function apply(url: string): Promise<string[]> {
  const filters = { externalTables: [], externalEnums: [] };
  try {
    const { appliedMigrationNames } = await withSchemaEngine(url, (engine) =>
      engine.applyMigrations({ migrationsList: readMigrations(), filters }),
    );
    await carry(url);
    await distribute(url);
    return appliedMigrationNames;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new AppError(
      'unavailable',
      `The tables of the database at ${placeOf(url)} could not be brought up to date: ${reason}`,
      { cause },
    );
  }
}

/** Goes on with what a process has begun that has died since. */
async function carry(url: string): Promise<void> {
  const client = await connectClient(url);
  const { rows } = await client
    .query<{ name: string }>(
      'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
      [[...firstTables, ...firstSums, firstDays, firstNames]],
    )
    .finally(() => client.end());
  if (rows.length === 0) return;
  const left = new Set(rows.map(({ name }) => name));
  const db = await openDb(url);
  try {
    // Before anything is summed: days are added to, not written twice.
    if (left.has(firstDays)) await carryOverDays(db);
    if (left.has(firstNames)) await carryOverNames(db);
    if (firstTables.some((name) => left.has(name))) await carryOverRecords(db);
    if (firstSums.some((name) => left.has(name))) await carryOverSums(db);
  } finally {
    await closeDb(db);
  }
}

async function underAdvisoryLock<T>(url: string, work: () => Promise<T>): Promise<T> {
  const client = await connectClient(url);
  try {
    await client.query(`SET lock_timeout = ${waitMsMax}`);
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    return await work();
  } finally {
    // Ending the session releases the lock.
    await client.end();
  }
}

/**
 * The embedded database has one session for all its clients, where advisory locks exclude nobody.
 */
async function underDirectoryLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const path = join(dir, 'migrate.lock');
  const deadline = systemClock.monotonic() + waitMsMax;
  for (;;) {
    const taken = await takeLock({ path, socketDir: null, what: 'keytide migrate' });
    if ('release' in taken) {
      try {
        return await work();
      } finally {
        taken.release();
      }
    }
    if (systemClock.monotonic() > deadline) {
      throw new AppError(
        'in-use',
        `Process ${taken.holder.pid} has been migrating ${dir} for a minute.`,
      );
    }
    await sleep(pollMs);
  }
}
