import type { Tx } from '../../connection/transaction.ts';

export interface SpikeCallRow {
  cause: string;
  workspace: string;
  process: string;
  dek: string;
  tag: string;
  /** Who made them as the audit log says; empty where it does not show them. */
  principal: string;
  rootCause: string | null;
  rootAt: number | null;
  generation: number;
  n: number;
}

export interface SpikeCallQuery {
  from: number;
  to: number;
  key: string;
  workspace: string | null;
  /** One in so many calls is looked at, by a hash of its span. */
  oneIn: number;
}

/** KMS calls of `[from, to)`, those that agree in everything as one row. */
export function readSpikeCalls(tx: Tx, query: SpikeCallQuery): Promise<SpikeCallRow[]> {
  return tx.$queryRawUnsafe<SpikeCallRow[]>(
    `SELECT c.refined_cause AS cause, c.workspace, c.process, c.dek, coalesce(c.tag, '') AS tag,
       coalesce(e.principal_name, '') AS principal, c.root_cause AS "rootCause",
       (extract(epoch FROM date_trunc('minute', c.root_at)) * 1000)::float8 AS "rootAt", c.generation,
       count(*)::float8 AS n
     FROM kms_call c
     LEFT JOIN LATERAL (SELECT p.event_key, p.event_id, p.event_at FROM pair p WHERE p.key = c.key_id AND p.at = c.at
       AND p.process = c.process_id AND p.boot = c.boot_id AND p.seq = c.seq ORDER BY p.attempt DESC LIMIT 1) a ON TRUE
     LEFT JOIN audit_event e ON e.key_id = a.event_key AND e.at = a.event_at AND e.event_id = a.event_id
     WHERE c.key = $1 AND c.at >= $2::timestamptz AND c.at < $3::timestamptz
       AND ($4::text IS NULL OR c.workspace = $4::text)
       AND ($5::int = 1 OR abs(hashtext(c.span_id)::bigint) % $5::int = 0)
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`,
    query.key,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.workspace,
    query.oneIn,
  );
}

export interface ForeignUseRow {
  state: string;
  /** Its minute has been told by every process: there is no call of ours to come. */
  told: boolean;
  principal: string;
  name: string;
  workspace: string;
  dek: string;
  n: number;
}

/** Uses of the key's material in `[from, to)` that no attempt of ours explains. */
export function readForeignUses(
  tx: Tx,
  query: Omit<SpikeCallQuery, 'oneIn'> & { toldUntil: number },
): Promise<ForeignUseRow[]> {
  return tx.$queryRawUnsafe<ForeignUseRow[]>(
    `SELECT state, at < $5::timestamptz AS told, principal, min(principal_name) AS name, coalesce(workspace, '') AS workspace,
       coalesce(dek, '') AS dek, count(*)::float8 AS n
     FROM audit_event WHERE key = $1 AND at >= $2::timestamptz AND at < $3::timestamptz
       AND ($4::text IS NULL OR workspace = $4::text) AND state IN ('unclaimed', 'claim-new', 'claim-used')
     GROUP BY 1, 2, 3, 5, 6`,
    query.key,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.workspace,
    new Date(Math.min(query.to, query.toldUntil)).toISOString(),
  );
}
