import type { Provider } from '../../../domain/audit-record.ts';
import type { KmsAction } from '../../../domain/kms-operations.ts';
import { dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';

/** A change that succeeded, of a key, its alias, or of who may use it. Instants are epoch ms. */
export interface ChangeRow {
  eventId: string;
  at: number;
  resolutionMs: number;
  provider: Provider;
  operation: string;
  action: KmsAction;
  by: string;
  /** Null where it is about no key. */
  key: string | null;
  /** Ids of the record: of an alias, a role, a vault, a ring. */
  ids: readonly (readonly [name: string, value: string])[];
}

const changesMax = 5_000;
const actions =
  "('create','disable','enable','schedule','cancel','destroy','policy','grant','alias','rotation')";
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/**
 * What changed a key, what moved an alias that once pointed to it, and what was changed without naming a key: of
 * identities, of a vault, of a ring. Oldest first, the newest thousands.
 */
export async function readKeyChanges(tx: Tx, key: string): Promise<ChangeRow[]> {
  const newest = await tx.$queryRawUnsafe<ChangeRow[]>(
    `WITH own AS (SELECT * FROM audit_event WHERE key = $1 AND action IN ${actions} AND error_code IS NULL AND state <> 'copy'),
       aliases AS (SELECT DISTINCT pair FROM own, jsonb_array_elements(facts->'ids') pair WHERE own.action = 'alias' AND pair->>0 = 'alias')
     SELECT event_id AS "eventId", ${ms('at')} AS at, coalesce((facts->>'resolutionMs')::float8, 1) AS "resolutionMs",
       provider, operation, action, principal_name AS by, key, facts->'ids' AS ids
     FROM (SELECT * FROM own
       UNION ALL SELECT * FROM audit_event WHERE key <> $1 AND action = 'alias' AND error_code IS NULL AND state <> 'copy'
         AND EXISTS (SELECT 1 FROM aliases WHERE facts->'ids' @> jsonb_build_array(aliases.pair))
       UNION ALL SELECT * FROM audit_event WHERE key IS NULL AND error_code IS NULL AND state <> 'copy'
         AND action IN ('identity', 'policy', 'schedule', 'cancel', 'destroy', 'alias')) e
     ORDER BY at DESC, event_id DESC LIMIT ${changesMax}`,
    key,
  );
  return newest.reverse();
}

/** A use of a key as its log has it. */
export interface UseRow {
  at: number;
  resolutionMs: number;
  action: KmsAction;
  errorCode: string | null;
  /** Of the attempt that it is joined with. */
  process: string | null;
  principal: string;
  principalName: string;
  session: string | null;
  /** The caller is of another account than the log. */
  isForeign: boolean;
}

const usesMax = 300_000;

/** Uses of a key in `[from, to)`, refused ones too, in order of time: the newest so many. */
export async function readKeyUses(
  tx: Tx,
  { key, from, to }: { key: string; from: number; to: number },
): Promise<{ uses: UseRow[]; isCut: boolean }> {
  const rows = await tx.$queryRawUnsafe<UseRow[]>(
    `SELECT ${ms('e.at')} AS at, coalesce((e.facts->>'resolutionMs')::float8, 1) AS "resolutionMs", e.action, e.error_code AS "errorCode",
       d.name AS process, e.principal, e.principal_name AS "principalName", coalesce(e.session, e.source_ip) AS session,
       coalesce(e.account <> e.recipient_account, FALSE) AS "isForeign"
     FROM key_event e
     LEFT JOIN pair p ON p.key = e.key_id AND p.event_key = e.key_id AND p.event_at = e.at AND p.event_id = e.event_id
     LEFT JOIN dimension d ON d.kind = ${dimensions.process} AND d.id = p.process
     WHERE e.key = $1 AND e.at >= $2::timestamptz AND e.at < $3::timestamptz
       AND e.state IN ('matched', 'unclaimed', 'claim-new', 'claim-used')
     ORDER BY e.at DESC, e.event_id DESC LIMIT ${usesMax}`,
    key,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
  );
  return { uses: rows.reverse(), isCut: rows.length === usesMax };
}

/** What the log that has a key's events covers, by all events of its cloud; null where there is none. Epoch ms. */
export async function readLogExtent(
  tx: Tx,
  key: string,
): Promise<{ from: number; to: number } | null> {
  const [row] = await tx.$queryRawUnsafe<{ from: number | null; to: number | null }[]>(
    `SELECT ${ms('min(at)')} AS "from", ${ms('max(at)')} AS "to" FROM event
     WHERE provider = (SELECT e.provider FROM event e
       WHERE e.key = (SELECT id FROM dimension WHERE kind = ${dimensions.key} AND name = $1) LIMIT 1)`,
    key,
  );
  const { from = null, to = null } = row ?? {};
  return from === null || to === null ? null : { from, to };
}

/** When something was done to the log itself that takes events out of it. */
export async function readLogOff(tx: Tx): Promise<number[]> {
  const rows = await tx.$queryRawUnsafe<{ at: number }[]>(
    `SELECT ${ms('at')} AS at FROM audit_event WHERE action = 'trail' AND error_code IS NULL
     ORDER BY at LIMIT ${changesMax}`,
  );
  return rows.map(({ at }) => at);
}
