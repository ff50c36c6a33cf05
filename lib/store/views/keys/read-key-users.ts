import type { Counts } from '../../../shared/counts.ts';
import type { Tx } from '../../connection/transaction.ts';

/** One caller's uses of a key, as far as events are kept one by one. Instants are epoch ms. */
export interface KeyUserRow {
  principal: string;
  name: string;
  ours: boolean;
  operations: Counts;
  events: number;
  /** Of the day before the newest one. */
  lately: number;
  refused: number;
  firstAt: number;
  lastAt: number;
  sourceIps: string[] | null;
  services: string[] | null;
}

const usersMax = 1_000;

/** Who used a key's material, most uses first. */
export function readKeyUsers(tx: Tx, key: string): Promise<KeyUserRow[]> {
  return tx.$queryRawUnsafe<KeyUserRow[]>(
    `WITH uses AS (SELECT * FROM audit_event WHERE (key = $1 OR $1 = ANY(other_keys)) AND state NOT IN ('other', 'copy')),
       counted AS (SELECT principal, operation, count(*)::float8 AS n FROM uses GROUP BY 1, 2)
     SELECT u.principal, max(u.principal_name) AS name,
       EXISTS (SELECT 1 FROM principal p WHERE p.id = u.principal AND p.ours) AS ours,
       (SELECT jsonb_object_agg(operation, n) FROM counted c WHERE c.principal = u.principal) AS operations,
       count(*)::float8 AS events,
       (count(*) FILTER (WHERE at > (SELECT max(at) FROM uses) - interval '1 day'))::float8 AS lately,
       (count(*) FILTER (WHERE error_code IS NOT NULL))::float8 AS refused,
       (extract(epoch FROM min(at)) * 1000)::float8 AS "firstAt", (extract(epoch FROM max(at)) * 1000)::float8 AS "lastAt",
       (array_agg(DISTINCT source_ip) FILTER (WHERE source_ip IS NOT NULL))[1:10] AS "sourceIps",
       (array_agg(DISTINCT invoked_by) FILTER (WHERE invoked_by IS NOT NULL))[1:5] AS services
     FROM uses u GROUP BY u.principal ORDER BY events DESC, u.principal LIMIT ${usersMax}`,
    key,
  );
}

/** A workspace whose data keys a key wraps, by its calls. */
export interface KeyWorkspaceRow {
  workspace: string;
  calls: number;
  deks: number;
  lastAt: number;
}

const workspacesMax = 1_000;

/** Workspaces under a key, the ones that ask most first, as far as calls are kept one by one. */
export function readKeyWorkspaces(tx: Tx, key: string): Promise<KeyWorkspaceRow[]> {
  return tx.$queryRawUnsafe<KeyWorkspaceRow[]>(
    `SELECT workspace, count(*)::float8 AS calls, count(DISTINCT dek)::float8 AS deks,
       (extract(epoch FROM max(at)) * 1000)::float8 AS "lastAt"
     FROM kms_call WHERE key = $1 AND cause <> 'validate' GROUP BY 1 ORDER BY calls DESC, workspace LIMIT ${workspacesMax}`,
    key,
  );
}
