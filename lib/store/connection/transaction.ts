import { finished } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { systemClock } from '../../domain/clock.ts';
import { type Db, isCluster, waitMsMax } from './db.ts';
import { requireRoom } from './disk-room.ts';
import { rememberingNames } from './intern.ts';
import { TransactionExpired } from './transaction-expired.ts';

/** What a query needs, whether it runs alone or inside a transaction. */
export interface Tx {
  $queryRawUnsafe<T>(query: string, ...values: unknown[]): Promise<T>;
  /** Resolves to how many rows were changed. */
  $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number>;
}

/** A transaction under way. */
export interface WriteTx extends Tx {
  /** Runs `COPY … FROM STDIN` with its data. */
  copyIn(statement: string, data: Uint8Array): Promise<void>;
}

// Any constant that nothing else on the server locks; migrate.ts has one of its own.
const writersLock = 7_311_146_994n;

/** Keeps writers out until `tx` ends, others who read not. */
export const holdWriters = (tx: Tx): Promise<number> =>
  tx.$executeRawUnsafe(`SELECT pg_advisory_xact_lock_shared(${writersLock})`);

/**
 * Runs `work` in one transaction, one writer at a time: a join must see all that came before it, and two that
 * change the same rows would lose one another's changes. Short: everyone else waits; `msMax` bounds it. Statements go
 * to the database as they are: through Prisma their parameters are written and read as JSON on the way.
 * @throws {AppError} on a full disk
 */
export async function transaction<T>(
  db: Db,
  work: (tx: WriteTx) => Promise<T>,
  msMax = waitMsMax,
): Promise<T> {
  requireRoom(db);
  // What is written to workers alone gets no number on the coordinator, by which readers see that something is new.
  const numbered = isCluster(db) ? ', pg_current_xact_id()' : '';
  return rememberingNames(db, async (begin) => {
    const client = await db.pool.connect();
    // A connection lost fails its query too; unheard, the event would end the process.
    client.on('error', ignored);
    const tx = new OpenTransaction(client, systemClock.monotonic() + msMax);
    begin(tx);
    let fault: unknown;
    try {
      await tx.run(`BEGIN; SELECT pg_advisory_xact_lock(${writersLock})${numbered}`);
      const result = await work(tx);
      await tx.run('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((unusable: unknown) => {
        fault = unusable;
      });
      throw error;
    } finally {
      client.off('error', ignored);
      client.release(fault !== undefined);
    }
  });
}

const ignored = () => undefined;

class OpenTransaction implements WriteTx {
  readonly #client: pg.ClientBase;
  readonly #until: number;

  constructor(client: pg.ClientBase, until: number) {
    this.#client = client;
    this.#until = until;
  }

  async $queryRawUnsafe<T>(query: string, ...values: unknown[]): Promise<T> {
    // As its reader declares it, as with Prisma.
    return (await this.run(query, values)).rows as T;
  }

  async $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number> {
    return (await this.run(query, values)).rowCount ?? 0;
  }

  async copyIn(statement: string, data: Uint8Array): Promise<void> {
    this.#checkTime();
    await finished(this.#client.query(copyFrom(statement)).end(data));
  }

  run(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    this.#checkTime();
    return this.#client.query({ text, values, types });
  }

  #checkTime(): void {
    if (systemClock.monotonic() > this.#until) throw new TransactionExpired();
  }
}

/** As Prisma gives them. */
const types = {
  getTypeParser: (type: number, format?: 'text' | 'binary') =>
    type === pg.types.builtins.INT8 ? BigInt : pg.types.getTypeParser(type, format),
};

/** Rows as the JSON parameter of `jsonb_to_recordset`, instants as ISO text. */
export function recordset(rows: readonly object[], instants: readonly string[]): string {
  return JSON.stringify(rows, (name, value: unknown) =>
    typeof value === 'number' && instants.includes(name) ? new Date(value).toISOString() : value,
  );
}
