import type { Tx } from './transaction.ts';

/** Whether the store holds something before `before` (epoch ms), and nothing about any key but `key`. */
export async function holdsOnly(tx: Tx, given: { key: string; before: number }): Promise<boolean> {
  const rows = await tx.$queryRawUnsafe<{ found: boolean }[]>(
    `SELECT EXISTS (SELECT FROM rollup_minute WHERE minute < $2::timestamptz)
       AND NOT EXISTS (SELECT FROM rollup_total WHERE key NOT IN ('', $1)) AS found`,
    given.key,
    new Date(given.before).toISOString(),
  );
  return rows[0]?.found === true;
}
