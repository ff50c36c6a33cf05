import type { UnmatchedUse } from '../../../domain/window-facts.ts';
import type { ExplainFilter } from '../../../shared/dto.ts';
import type { Tx } from '../../connection/transaction.ts';
import { unmatchedUses } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';

/**
 * Uses of key material in `[from, to)` that no attempt of ours explains, copied claims of strangers included. They are
 * of no process of ours: a filter by process leaves them as they are.
 */
export async function readUnmatchedUses(
  tx: Tx,
  query: { from: number; to: number; filter: ExplainFilter },
): Promise<UnmatchedUse[]> {
  if (isEventLog(tx)) return unmatchedUses(tx, query);
  const foreign = await tx.$queryRawUnsafe<{ id: string }[]>(
    'SELECT DISTINCT id FROM principal WHERE NOT ours',
  );
  // Of one key also what used it second.
  const table = query.filter.key === undefined ? 'audit_event' : 'key_event';
  return tx.$queryRawUnsafe<UnmatchedUse[]>(
    `SELECT principal, min(principal_name) AS name, coalesce(key, '') AS key, state, operation,
       count(*)::float8 AS events, (extract(epoch FROM min(at)) * 1000)::float8 AS "firstAt",
       (extract(epoch FROM max(at)) * 1000)::float8 AS "lastAt",
       (array_agg(DISTINCT source_ip) FILTER (WHERE source_ip IS NOT NULL))[1:10] AS "sourceIps",
       (array_agg(DISTINCT invoked_by) FILTER (WHERE invoked_by IS NOT NULL))[1:5] AS services
     FROM (${columns} FROM ${table} e WHERE state IN ('unclaimed', 'claim-new', 'claim-used')
       UNION ALL ${columns} FROM ${table} e WHERE state = 'matched' AND principal = ANY($5::text[]) AND NOT EXISTS (
         SELECT 1 FROM principal p WHERE p.provider = e.provider AND p.id = e.principal AND p.ours)) uses
     WHERE at >= $1::timestamptz AND at < $2::timestamptz
       AND ($3::text IS NULL OR key = $3::text) AND ($4::text IS NULL OR workspace = $4::text)
       AND ($6::text IS NULL OR principal = $6::text)
     GROUP BY principal, coalesce(key, ''), state, operation ORDER BY events DESC LIMIT 1000`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.filter.key ?? null,
    query.filter.workspace ?? null,
    foreign.map(({ id }) => id),
    query.filter.principal ?? null,
  );
}

// By state one by one, so that the few are not looked for among all.
const columns =
  'SELECT at, principal, principal_name, key, workspace, state, operation, source_ip, invoked_by';
