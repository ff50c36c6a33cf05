import { useStates } from '../../../domain/fates.ts';
import { dimensions, idsOf } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { keyIdsOrAny } from '../key-names.ts';
import { readTallies } from '../read-tallies.ts';

const keysMax = 200;
const hourMs = 3_600_000;
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

/** Requests in a key's log, by its names, by hour, of the hours that touch `[from, to)`, granted and refused. */
export async function readKeyHours(
  tx: Tx,
  { keys, from, to }: { keys: readonly string[]; from: number; to: number },
): Promise<{ at: number; granted: number; refused: number }[]> {
  const sums = await readTallies(tx, {
    ...{
      cut: 'all',
      keys,
      measures: ['events', 'events-also', 'refused'],
      bucketMs: hourMs,
    },
    from: Math.floor(from / hourMs) * hourMs,
    to: Math.ceil(to / hourMs) * hourMs,
  });
  const hours = new Map<number, { uses: number; refused: number }>();
  for (const { measure, label, at, n } of sums) {
    const hour = hours.get(at) ?? { uses: 0, refused: 0 };
    hours.set(at, hour);
    if (measure === 'refused') hour.refused += n;
    else if (useStates.has(label)) hour.uses += n;
  }
  return [...hours]
    .filter(([, { uses }]) => uses > 0)
    .map(([at, { uses, refused }]) => ({ at, granted: uses - refused, refused }))
    .sort((a, b) => a.at - b.at);
}

export interface DekAgeRow {
  key: string;
  age: 'hour' | 'day' | 'week' | 'older';
  deks: number;
  held: number;
  refused: number;
}

/** Data keys that calls under keys have named since `since`, by key and by their age at `now`. */
export async function readDekAges(
  tx: Tx,
  { keys, now, since }: { keys: readonly string[]; now: number; since: number },
): Promise<DekAgeRow[]> {
  const rows = await tx.$queryRawUnsafe<(Omit<DekAgeRow, 'key'> & { key: number })[]>(
    `WITH known AS (SELECT key, $2::timestamptz - min(made_at) AS age, max(ends_at) AS ends, max(ok_at) AS ok, max(refused_at) AS no
       FROM key_dek WHERE key = ANY($1::int[]) AND last_at >= $3::timestamptz GROUP BY key, dek),
     aged AS (SELECT key, age AS since, ends, CASE WHEN age < interval '1 hour' THEN 'hour' WHEN age < interval '1 day' THEN 'day'
         WHEN age < interval '7 days' THEN 'week' ELSE 'older' END AS age,
         no IS NOT NULL AND (ok IS NULL OR no > ok) AS is_refused FROM known)
     SELECT key, age, count(*)::float8 AS deks, (count(*) FILTER (WHERE ends > $2::timestamptz AND NOT is_refused))::float8 AS held,
       (count(*) FILTER (WHERE is_refused))::float8 AS refused FROM aged GROUP BY 1, 2 ORDER BY min(since)`,
    [...(await idsOf(tx, 'key', keys)).values()],
    new Date(now).toISOString(),
    new Date(since).toISOString(),
  );
  return namedRows(tx, rows, { key: 'key' });
}

const mixedMax = 100;

/** Workspaces whose calls since `since` name data keys under this key, by its names, and under others. */
export async function readMixedWorkspaces(
  tx: Tx,
  { names, since }: { names: readonly string[]; since: number },
): Promise<{ workspace: string; keys: string[] }[]> {
  const from = new Date(since).toISOString();
  const own = await tx.$queryRawUnsafe<{ workspace: number }[]>(
    'SELECT DISTINCT workspace FROM key_dek WHERE key = ANY($1::int[]) AND last_at >= $2::timestamptz',
    await keyIdsOrAny(tx, names),
    from,
  );
  const rows = await tx.$queryRawUnsafe<{ workspace: number; keys: number[] }[]>(
    `SELECT workspace, array_agg(DISTINCT key) AS keys FROM key_dek
     WHERE workspace = ANY($1::int[]) AND last_at >= $2::timestamptz
     GROUP BY 1 HAVING count(DISTINCT key) > 1 ORDER BY 1 LIMIT ${mixedMax}`,
    own.map(({ workspace }) => workspace),
    from,
  );
  const mixed = await namedRows(tx, rows, { workspace: 'workspace', keys: 'key' });
  return mixed
    .filter(({ keys }) => keys.some((key) => !names.includes(key)))
    .map(({ workspace, keys }) => ({ workspace, keys: keys.sort() }))
    .sort((a, b) => (a.workspace < b.workspace ? -1 : 1));
}
