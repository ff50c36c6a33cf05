import type { UnmatchedUse } from '../domain/window-facts.ts';
import type { Tx } from './transaction.ts';

/** Uses of key material in `[from, to)` that no attempt of ours explains, copied claims of strangers included. */
export function readUnmatchedUses(
  tx: Tx,
  window: { from: number; to: number },
): Promise<UnmatchedUse[]> {
  return tx.$queryRawUnsafe<UnmatchedUse[]>(
    `SELECT principal, min(principal_name) AS name, coalesce(key, '') AS key, state, operation,
       count(*)::float8 AS events, (extract(epoch FROM min(at)) * 1000)::float8 AS "firstAt",
       (extract(epoch FROM max(at)) * 1000)::float8 AS "lastAt",
       (array_agg(DISTINCT source_ip) FILTER (WHERE source_ip IS NOT NULL))[1:10] AS "sourceIps"
     FROM audit_event WHERE at >= $1::timestamptz AND at < $2::timestamptz
       AND (state IN ('unclaimed', 'claim-new', 'claim-used') OR state = 'matched' AND NOT EXISTS (
         SELECT 1 FROM principal p WHERE p.provider = audit_event.provider AND p.id = audit_event.principal AND p.ours))
     GROUP BY principal, coalesce(key, ''), state, operation ORDER BY events DESC LIMIT 1000`,
    new Date(window.from).toISOString(),
    new Date(window.to).toISOString(),
  );
}
