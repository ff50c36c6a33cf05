import { CannotRun } from './bench-row.ts';

/** What is used of DuckDB. */
export interface Duck {
  run(sql: string): Promise<unknown>;
  /** The number in the first row. */
  number(sql: string): Promise<number>;
  close(): void;
}

interface DuckModule {
  DuckDBInstance: {
    create(path: string, options: object): Promise<{ connect(): Promise<DuckConnection> }>;
  };
}

interface DuckConnection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRows(): unknown[][] }>;
  closeSync(): void;
}

/**
 * DuckDB in this process, on two threads; `KEYTIDE_BENCH_DUCKDB` is where its module lies, if it is not installed here.
 * @throws {CannotRun}
 */
export async function openDuck(path = ':memory:'): Promise<Duck> {
  const name = process.env.KEYTIDE_BENCH_DUCKDB ?? '@duckdb/node-api';
  const { DuckDBInstance } = await (import(name) as Promise<DuckModule>).catch((): never => {
    throw new CannotRun(`the peer is DuckDB, and ${name} is not installed`);
  });
  const instance = await DuckDBInstance.create(path, { threads: '2' });
  const connection = await instance.connect();
  return {
    run: (sql) => connection.run(sql),
    number: async (sql) => Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0]),
    close: () => connection.closeSync(),
  };
}
