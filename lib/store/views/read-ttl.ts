import type { Tx } from '../connection/transaction.ts';

/** The TTL, ms, that most boots started before `to` (epoch ms) run under; null where none was told. */
export async function readTtl(tx: Tx, to: number): Promise<number | null> {
  const rows = await tx.$queryRawUnsafe<{ ttlMs: number }[]>(
    `SELECT ttl_ms::float8 AS "ttlMs" FROM process_boot WHERE ttl_ms IS NOT NULL AND started_at < $1::timestamptz
     GROUP BY ttl_ms ORDER BY count(*) DESC, ttl_ms DESC LIMIT 1`,
    new Date(to).toISOString(),
  );
  return rows[0]?.ttlMs ?? null;
}
