import { finished } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { systemClock } from '../../domain/clock.ts';
import { type Db, isCluster, waitMsMax } from './db.ts';
import { requireRoom } from './disk-room.ts';
import { rememberingNames } from './intern.ts';
import { isUnanswered, unanswered } from './is-outage.ts';
import { TransactionExpired } from './transaction-expired.ts';
import { instantMax, ValueRefused } from './value-refused.ts';

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
 * change the same rows would lose one another's changes. `msMax` bounds it, each of its statements and the wait before
 * it. Statements go to the database as they are: Prisma would write and read their parameters as JSON on the way.
 * @throws {AppError} on a full disk
 */
export async function transaction<T>(
  db: Db,
  work: (tx: WriteTx) => Promise<T>,
  msMax = waitMsMax,
): Promise<T> {
  requireRoom(db);
  return rememberingNames(db, async (begin) => {
    const client = await db.pool.connect();
    // A connection lost fails its query too; unheard, the event would end the process.
    client.on('error', ignored);
    let isUsable = true;
    try {
      await client.query(bounded({ text: beginSql(db, msMax) }, msMax));
      const tx = new OpenTransaction(client, systemClock.monotonic() + msMax);
      begin(tx);
      const result = await work(tx);
      const { command } = await tx.run('COMMIT');
      // So a server answers where a statement has failed before, whoever took its error for none.
      if (command !== 'COMMIT') throw new Error('the database has undone the transaction');
      return result;
    } catch (error) {
      isUsable = await undone(client, error);
      throw error;
    } finally {
      client.off('error', ignored);
      client.release(!isUsable);
    }
  });
}

/** So long after its bound a server may still take to say that it has ended a statement. */
const answerMsMax = 2_000;

/** A statement that the client waits for no longer than that; its option is missing in pg's types. */
const bounded = (statement: pg.QueryConfig, msMax: number): pg.QueryConfig =>
  Object.assign(statement, { query_timeout: msMax + answerMsMax });

/**
 * Begins, once other writers have ended. A server ends by itself what takes longer; a table that somebody else has
 * locked is given up sooner, so that it is not taken for too much at once.
 */
function beginSql(db: Db, msMax: number): string {
  // What is written to workers alone gets no number on the coordinator, by which readers see that something is new.
  const numbered = isCluster(db) ? ', pg_current_xact_id()' : '';
  return `BEGIN; SET LOCAL lock_timeout = ${msMax}; SELECT pg_advisory_xact_lock(${writersLock})${numbered};
    SET LOCAL lock_timeout = ${Math.ceil(msMax / 2)}; SET LOCAL statement_timeout = ${msMax}`;
}

/** Rolls back. Resolves to whether the connection can be used again: not one whose statement may still run. */
async function undone(client: pg.ClientBase, error: unknown): Promise<boolean> {
  if (isUnanswered(error)) return false;
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
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
    const signal = AbortSignal.timeout(this.#leftMs() + answerMsMax);
    await finished(this.#client.query(copyFrom(statement)).end(data), { signal }).catch(
      (cause: unknown) => {
        throw signal.aborted ? new Error(unanswered, { cause }) : cause;
      },
    );
  }

  run(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    return this.#client.query(bounded({ text, values, types }, this.#leftMs()));
  }

  #leftMs(): number {
    const leftMs = Math.ceil(this.#until - systemClock.monotonic());
    if (leftMs < 0) throw new TransactionExpired();
    return leftMs;
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
    typeof value === 'number' && instants.includes(name) ? isoOf(value) : value,
  );
}

function isoOf(at: number): string {
  if (Math.abs(at) <= instantMax) return new Date(at).toISOString();
  throw new ValueRefused(`${at} is no instant`);
}
