import { dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { readAliases } from '../key-names.ts';

export interface UnloggedKey {
  key: string;
  attempts: number;
}

/** Keys whose requests were told in a window, of which no log shows a single event in it. */
export async function readUnloggedKeys(
  tx: Tx,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  limit: number,
): Promise<UnloggedKey[]> {
  const since = new Date(fromMs).toISOString();
  return tx.$queryRawUnsafe<UnloggedKey[]>(
    `SELECT d.name AS key, n.attempts FROM known_key k
       JOIN dimension d ON d.kind = ${dimensions.key} AND d.id = k.key
       CROSS JOIN LATERAL (SELECT count(*)::float8 AS attempts FROM (SELECT 1 FROM attempt a
         WHERE a.key = k.key AND a.sent AND a.at >= $1::timestamptz AND a.at < $2::timestamptz LIMIT 100000) sent) n
     WHERE n.attempts > 0 AND d.name <> ALL($4::text[]) AND NOT EXISTS (SELECT 1 FROM event e
       WHERE e.key = k.key AND e.at >= $1::timestamptz)
     ORDER BY d.name LIMIT $3::int`,
    since,
    new Date(toMs).toISOString(),
    limit,
    await loggedAliases(tx, since),
  );
}

/** Aliases of keys that a log shows events of. */
async function loggedAliases(tx: Tx, since: string): Promise<string[]> {
  const known = await readAliases(tx);
  const logged = await tx.$queryRawUnsafe<{ key: string }[]>(
    `SELECT d.name AS key FROM known_key k JOIN dimension d ON d.kind = ${dimensions.key} AND d.id = k.key
     WHERE d.name = ANY($1::text[]) AND EXISTS (SELECT 1 FROM event e WHERE e.key = k.key AND e.at >= $2::timestamptz)`,
    known.map(({ key }) => key),
    since,
  );
  const keys = new Set(logged.map(({ key }) => key));
  return known.flatMap(({ key, alias }) => (keys.has(key) ? [alias] : []));
}
