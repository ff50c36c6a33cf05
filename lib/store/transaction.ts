import type { Db } from './db.ts';

/** A transaction's client: what a query needs, whether it runs alone or inside one. */
export type Tx = Pick<Db, '$executeRawUnsafe' | '$queryRawUnsafe'>;

/** Runs `work` in one transaction. Short: on the embedded database everyone else waits. */
export function transaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.$transaction((tx) => work(tx));
}

/** Rows as the JSON parameter of `jsonb_to_recordset`, instants as ISO text. */
export function recordset(rows: readonly object[], instants: readonly string[]): string {
  return JSON.stringify(rows, (name, value: unknown) =>
    typeof value === 'number' && instants.includes(name) ? new Date(value).toISOString() : value,
  );
}
