import type { Tx } from './transaction.ts';

/** The first and last minute with anything in it, epoch ms; null where the store is empty. */
export async function readExtent(tx: Tx): Promise<{ from: number; to: number } | null> {
  const rows = await tx.$queryRawUnsafe<{ from: number | null; to: number | null }[]>(
    `SELECT (extract(epoch FROM min(minute)) * 1000)::float8 AS "from",
       (extract(epoch FROM max(minute)) * 1000)::float8 AS "to" FROM rollup_minute`,
  );
  const { from = null, to = null } = rows[0] ?? {};
  return from === null || to === null ? null : { from, to };
}
