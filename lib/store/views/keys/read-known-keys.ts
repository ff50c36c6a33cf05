import { dimensions, idOrAny, idsOf } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode } from '../../records/event-states.ts';

const keysMax = 200;
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Keys that events or calls name, the ones used last first. Instants are epoch ms. */
export function readKnownKeys(
  tx: Tx,
): Promise<{ key: string; lastEventAt: number | null; lastCallAt: number | null }[]> {
  return tx.$queryRawUnsafe(
    `SELECT d.name AS key, ${ms('e.at')} AS "lastEventAt", ${ms('c.at')} AS "lastCallAt" FROM known_key k
     JOIN dimension d ON d.kind = ${dimensions.key} AND d.id = k.key
     LEFT JOIN LATERAL (SELECT at FROM event WHERE event.key = k.key ORDER BY at DESC LIMIT 1) e ON TRUE
     LEFT JOIN LATERAL (SELECT at FROM call WHERE call.key = k.key ORDER BY at DESC LIMIT 1) c ON TRUE
     WHERE d.name <> '' AND (e.at IS NOT NULL OR c.at IS NOT NULL)
     ORDER BY greatest(e.at, c.at) DESC, d.name LIMIT ${keysMax}`,
  );
}

/** Requests in a key's log by hour in `[from, to)`, granted and refused. */
export async function readKeyHours(
  tx: Tx,
  { key, from, to }: { key: string; from: number; to: number },
): Promise<{ at: number; granted: number; refused: number }[]> {
  return tx.$queryRawUnsafe(
    `SELECT ${ms("date_trunc('hour', at)")} AS at, (count(*) FILTER (WHERE error_code IS NULL))::float8 AS granted,
       (count(*) FILTER (WHERE error_code IS NOT NULL))::float8 AS refused
     FROM event WHERE key = $1::int AND at >= $2::timestamptz AND at < $3::timestamptz
       AND state NOT IN (${stateCode('other')}, ${stateCode('copy')})
     GROUP BY 1 ORDER BY 1`,
    await idOrAny(tx, 'key', key),
    new Date(from).toISOString(),
    new Date(to).toISOString(),
  );
}

export interface DekAgeRow {
  key: string;
  age: 'hour' | 'day' | 'week' | 'older';
  deks: number;
  held: number;
  refused: number;
}

/** Data keys that calls under keys name since `since`, by key and by their age at `now`. */
export async function readDekAges(
  tx: Tx,
  { keys, now, since }: { keys: readonly string[]; now: number; since: number },
): Promise<DekAgeRow[]> {
  const words = await idsOf(tx, 'word', ['validate', 'ok', 'denied', 'wrong-key']);
  const rows = await tx.$queryRawUnsafe<(Omit<DekAgeRow, 'key'> & { key: number })[]>(
    `WITH known AS (SELECT key, dek, min(at - coalesce(dek_age_ms, 0) * interval '1 ms') AS made,
         max(lease_ends_at) FILTER (WHERE outcome = $5::int) AS ends,
         max(at) FILTER (WHERE outcome = $5::int) AS ok, max(at) FILTER (WHERE outcome IN ($6::int, $7::int)) AS no
       FROM call WHERE key = ANY($1::int[]) AND at >= $3::timestamptz AND at <= $2::timestamptz AND cause <> $4::int
       GROUP BY 1, 2),
     aged AS (SELECT *, CASE WHEN $2::timestamptz - made < interval '1 hour' THEN 'hour' WHEN $2::timestamptz - made < interval '1 day' THEN 'day'
         WHEN $2::timestamptz - made < interval '7 days' THEN 'week' ELSE 'older' END AS age,
         no IS NOT NULL AND (ok IS NULL OR no > ok) AS is_refused FROM known)
     SELECT key, age, count(*)::float8 AS deks, (count(*) FILTER (WHERE ends > $2::timestamptz AND NOT is_refused))::float8 AS held,
       (count(*) FILTER (WHERE is_refused))::float8 AS refused FROM aged GROUP BY 1, 2 ORDER BY min($2::timestamptz - made)`,
    [...(await idsOf(tx, 'key', keys)).values()],
    new Date(now).toISOString(),
    new Date(since).toISOString(),
    ...['validate', 'ok', 'denied', 'wrong-key'].map((word) => words.get(word) ?? -1),
  );
  return namedRows(tx, rows, { key: 'key' });
}

const mixedMax = 100;

/** Workspaces whose calls since `since` name data keys under this key and under others. */
export async function readMixedWorkspaces(
  tx: Tx,
  { key, since }: { key: string; since: number },
): Promise<{ workspace: string; keys: string[] }[]> {
  const validate = (await idsOf(tx, 'word', ['validate'])).get('validate') ?? -1;
  const rows = await tx.$queryRawUnsafe<{ workspace: number; keys: number[] }[]>(
    `WITH pairs AS MATERIALIZED (SELECT DISTINCT key, workspace FROM call WHERE at >= $2::timestamptz AND cause <> $3::int)
     SELECT workspace, array_agg(key) AS keys FROM pairs GROUP BY 1
     HAVING count(*) > 1 AND bool_or(key = $1::int) ORDER BY 1 LIMIT ${mixedMax}`,
    await idOrAny(tx, 'key', key),
    new Date(since).toISOString(),
    validate,
  );
  const mixed = await namedRows(tx, rows, { workspace: 'workspace', keys: 'key' });
  return mixed
    .map(({ workspace, keys }) => ({ workspace, keys: keys.sort() }))
    .sort((a, b) => (a.workspace < b.workspace ? -1 : 1));
}
