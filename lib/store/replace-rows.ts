import type { Tx } from './transaction.ts';

export interface Replacement {
  table: string;
  /** The columns that name a row, and the one that it counts in. */
  key: readonly string[];
  value: string;
  /** The rows that are counted anew: a condition on the table as `t`. */
  scope: string;
  /** Gives these rows as they are now, with the columns' names. */
  fresh: string;
}

/**
 * Makes the rows in scope those of `fresh`, and touches only what differs: a roll-up whose rows were all written anew
 * at every batch left a hundred dead ones beside each live one.
 */
export async function replaceRows(
  tx: Tx,
  { table, key, value, scope, fresh }: Replacement,
  values: readonly unknown[],
): Promise<void> {
  const names = key.join(', ');
  const of = (alias: string) => key.map((name) => `${alias}.${name}`).join(', ');
  // NOT IN is looked up in a hash, whatever the planner believes of the sizes; no column of a key is ever null.
  await tx.$executeRawUnsafe(
    `WITH fresh AS MATERIALIZED (${fresh}),
       gone AS (DELETE FROM ${table} t WHERE ${scope}
         AND (${of('t')}) NOT IN (SELECT ${names} FROM fresh))
     INSERT INTO ${table} (${names}, ${value}) SELECT ${names}, ${value} FROM fresh
     ON CONFLICT (${names}) DO UPDATE SET ${value} = excluded.${value}
       WHERE ${table}.${value} IS DISTINCT FROM excluded.${value}`,
    ...values,
  );
}
