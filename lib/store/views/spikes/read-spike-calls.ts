import { foreign } from '../../../domain/fates.ts';
import { idOrAny } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode, stateOf } from '../../records/event-states.ts';

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
export async function readSpikeCalls(tx: Tx, query: SpikeCallQuery): Promise<SpikeCallRow[]> {
  const rows = await tx.$queryRawUnsafe<CallIds[]>(
    `WITH calls AS MATERIALIZED (SELECT c.*, a.event_key, a.event_at, a.event_id FROM call c
         LEFT JOIN LATERAL (SELECT p.event_key, p.event_id, p.event_at FROM pair p WHERE p.key = c.key AND p.at = c.at
           AND p.process = c.process AND p.boot = c.boot AND p.seq = c.seq ORDER BY p.attempt DESC LIMIT 1) a ON TRUE
         WHERE c.key = $1::int AND c.at >= $2::timestamptz AND c.at < $3::timestamptz
           AND ($4::int IS NULL OR c.workspace = $4::int)
           AND ($5::int = 1 OR abs(hashtext(c.span_id)::bigint) % $5::int = 0)),
       callers AS MATERIALIZED (SELECT c.event_key, c.event_at, c.event_id, e.principal_name FROM calls c
         CROSS JOIN LATERAL (SELECT e.principal_name FROM event e WHERE e.key = c.event_key AND e.at = c.event_at
           AND e.id = c.event_id ORDER BY e.key) e)
     SELECT c.refined_cause AS cause, c.workspace, c.process, c.dek, coalesce(c.tag, '') AS tag,
       coalesce(e.principal_name, 0) AS principal, c.root_cause AS "rootCause",
       (extract(epoch FROM date_trunc('minute', c.root_at)) * 1000)::float8 AS "rootAt", c.generation,
       count(*)::float8 AS n
     FROM calls c LEFT JOIN callers e USING (event_key, event_at, event_id)
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`,
    await idOrAny(tx, 'key', query.key),
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    await idOrAny(tx, 'workspace', query.workspace),
    query.oneIn,
  );
  return namedRows(tx, rows, {
    cause: 'word',
    rootCause: 'word',
    workspace: 'workspace',
    process: 'process',
    principal: 'caller',
  });
}

type CallIds = Omit<SpikeCallRow, CallNames> &
  Record<Exclude<CallNames, 'rootCause'>, number> & { rootCause: number | null };
type CallNames = 'cause' | 'workspace' | 'process' | 'principal' | 'rootCause';

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
export async function readForeignUses(
  tx: Tx,
  query: Omit<SpikeCallQuery, 'oneIn'> & { toldUntil: number },
): Promise<ForeignUseRow[]> {
  const rows = await tx.$queryRawUnsafe<UseIds[]>(
    `SELECT state::int AS state, at < $5::timestamptz AS told, principal, min(principal_name) AS name,
       coalesce(workspace, 0) AS workspace, coalesce(dek, '') AS dek, count(*)::float8 AS n
     FROM event WHERE key = $1::int AND at >= $2::timestamptz AND at < $3::timestamptz AND role = 0
       AND ($4::int IS NULL OR workspace = $4::int) AND state IN (${foreign.map(stateCode).join(', ')})
     GROUP BY 1, 2, 3, 5, 6`,
    await idOrAny(tx, 'key', query.key),
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    await idOrAny(tx, 'workspace', query.workspace),
    new Date(Math.min(query.to, query.toldUntil)).toISOString(),
  );
  const named = await namedRows(tx, rows, {
    principal: 'principal',
    name: 'caller',
    workspace: 'workspace',
  });
  return named.map((row) => ({ ...row, state: stateOf(row.state) }));
}

type UseNames = 'state' | 'principal' | 'name' | 'workspace';
type UseIds = Omit<ForeignUseRow, UseNames> & Record<UseNames, number>;
