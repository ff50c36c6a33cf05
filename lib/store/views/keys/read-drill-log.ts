import type { Provider } from '../../../domain/audit-record.ts';
import type { KmsAction } from '../../../domain/kms-operations.ts';
import { type Dimension, dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateChangesIn } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';
import { stateCode } from '../../records/event-states.ts';

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

const changesMax = 20_000;
const changeActions: readonly KmsAction[] = [
  'create',
  'disable',
  'enable',
  'schedule',
  'cancel',
  'destroy',
  'policy',
  'grant',
  'identity',
  'alias',
  'rotation',
];
/** What may be done without naming a key: to an identity, a vault, a ring. */
const keylessActions: readonly KmsAction[] = [
  'identity',
  'policy',
  'schedule',
  'cancel',
  'destroy',
  'alias',
];
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const named = (dimension: Dimension, column: string) =>
  `(SELECT name FROM dimension WHERE kind = ${dimensions[dimension]} AND id = ${column})`;
const wordIds = (parameter: string) =>
  `ARRAY(SELECT id FROM dimension WHERE kind = ${dimensions.word} AND name = ANY(${parameter}::text[]))`;
/** Events that are no use of a key and succeeded: an index has them by action. */
const isChange = `e.state = ${stateCode('other')} AND e.role = 0 AND e.error_code IS NULL`;

/**
 * What changed each of these keys, what moved an alias that once pointed to one, and what was changed without naming a
 * key: of identities, of a vault, of a ring. Oldest first, the newest thousands. Of a log in memory: their states.
 */
export async function readKeyChanges(
  tx: Tx,
  keys: readonly string[],
): Promise<Map<string, ChangeRow[]>> {
  if (isEventLog(tx)) return byKey(stateChangesIn(tx, keys), keys);
  const newest = await tx.$queryRawUnsafe<ChangeRow[]>(
    `WITH changed AS MATERIALIZED (SELECT e.* FROM event e WHERE ${isChange} AND e.action = ANY(${wordIds('$2')})),
       own AS (SELECT * FROM changed WHERE action = ANY(${wordIds('$3')}) AND key IN
         (SELECT id FROM dimension WHERE kind = ${dimensions.key} AND name = ANY($1::text[]))),
       aliases AS (SELECT DISTINCT pair FROM own, jsonb_array_elements(facts->'ids') pair
         WHERE action = ANY(${wordIds("'{alias}'")}) AND pair->>0 = 'alias')
     SELECT e.id AS "eventId", ${ms('e.at')} AS at, coalesce((e.facts->>'resolutionMs')::float8, 1) AS "resolutionMs",
       ${named('word', 'e.provider')} AS provider, ${named('word', 'e.operation')} AS operation, ${named('word', 'e.action')} AS action,
       coalesce(${named('caller', 'e.principal_name')}, '') AS by, ${named('key', 'e.key')} AS key, e.facts->'ids' AS ids
     FROM (SELECT * FROM own
       UNION ALL SELECT c.* FROM changed c WHERE c.action = ANY(${wordIds("'{alias}'")}) AND c.key <> 0
         AND NOT EXISTS (SELECT 1 FROM own o WHERE o.key = c.key AND o.at = c.at AND o.id = c.id)
         AND EXISTS (SELECT 1 FROM aliases WHERE c.facts->'ids' @> jsonb_build_array(aliases.pair))
       UNION ALL SELECT * FROM changed WHERE key = 0 AND action = ANY(${wordIds('$4')})) e
     ORDER BY e.at DESC, e.id DESC LIMIT ${changesMax}`,
    [...keys],
    [...new Set([...changeActions, ...keylessActions])],
    [...changeActions],
    [...keylessActions],
  );
  return byKey(newest.reverse(), keys);
}

/** Each key's own changes, those of its aliases, and all that name no key. */
function byKey(rows: readonly ChangeRow[], keys: readonly string[]): Map<string, ChangeRow[]> {
  const namesOf = ({ action, ids }: ChangeRow): string[] =>
    action === 'alias' ? ids.flatMap(([name, value]) => (name === 'alias' ? [value] : [])) : [];
  const own = new Map<string, ChangeRow[]>();
  for (const row of rows) if (row.key !== null) pushTo(own, row.key, row);
  const keyless = rows.filter(({ key }) => key === null);
  const moves = rows.filter((row) => row.key !== null && namesOf(row).length > 0);
  return new Map(
    keys.map((key): [string, ChangeRow[]] => {
      const mine = own.get(key) ?? [];
      const aliases = new Set(mine.flatMap(namesOf));
      const moved = moves.filter(
        (row) =>
          row.key !== key &&
          ownerOf(row.key ?? '') === ownerOf(key) &&
          namesOf(row).some((name) => aliases.has(name)),
      );
      const all = [...mine, ...moved, ...keyless];
      return [key, all.sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1))];
    }),
  );
}

/** An alias is of one account and Region. */
const ownerOf = (arn: string): string => arn.split(':').slice(0, 5).join(':');

function pushTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
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

/** What the log that has a key's events covers, by the events of all keys of its cloud; null for none. Epoch ms. */
export async function readLogExtent(
  tx: Tx,
  key: string,
): Promise<{ from: number; to: number } | null> {
  // Of each key the first and the last row of its index.
  const [row] = await tx.$queryRawUnsafe<{ from: number | null; to: number | null }[]>(
    `SELECT ${ms('min(f.at)')} AS "from", ${ms('max(l.at)')} AS "to" FROM known_key k
     CROSS JOIN LATERAL (SELECT at, provider FROM event WHERE event.key = k.key ORDER BY at LIMIT 1) f
     CROSS JOIN LATERAL (SELECT at FROM event WHERE event.key = k.key ORDER BY at DESC LIMIT 1) l
     WHERE k.key <> 0 AND f.provider = (SELECT e.provider FROM event e
       WHERE e.key = (SELECT id FROM dimension WHERE kind = ${dimensions.key} AND name = $1) LIMIT 1)`,
    key,
  );
  const { from = null, to = null } = row ?? {};
  return from === null || to === null ? null : { from, to };
}

/** When something was done to the log itself that takes events out of it. */
export async function readLogOff(tx: Tx): Promise<number[]> {
  const rows = await tx.$queryRawUnsafe<{ at: number }[]>(
    `SELECT ${ms('e.at')} AS at FROM event e WHERE ${isChange} AND e.action = ANY(${wordIds("'{trail}'")})
     ORDER BY e.at LIMIT ${changesMax}`,
  );
  return rows.map(({ at }) => at);
}
