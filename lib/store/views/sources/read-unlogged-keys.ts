import { dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';

export interface UnloggedKey {
  key: string;
  attempts: number;
}

/** Keys whose requests were told in a window, of which no log shows a single event in it. */
export function readUnloggedKeys(
  tx: Tx,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  limit: number,
): Promise<UnloggedKey[]> {
  return tx.$queryRawUnsafe<UnloggedKey[]>(
    `SELECT d.name AS key, n.attempts FROM known_key k
       JOIN dimension d ON d.kind = ${dimensions.key} AND d.id = k.key
       CROSS JOIN LATERAL (SELECT count(*)::float8 AS attempts FROM (SELECT 1 FROM attempt a
         WHERE a.key = k.key AND a.sent AND a.at >= $1::timestamptz AND a.at < $2::timestamptz LIMIT 100000) sent) n
     WHERE n.attempts > 0 AND NOT EXISTS (SELECT 1 FROM event e
       WHERE e.key = k.key AND e.at >= $1::timestamptz)
     ORDER BY d.name LIMIT $3::int`,
    new Date(fromMs).toISOString(),
    new Date(toMs).toISOString(),
    limit,
  );
}
