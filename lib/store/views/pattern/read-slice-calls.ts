import type { KeyFilter } from '../../../domain/key-filter.ts';
import { isCluster } from '../../connection/db.ts';
import { idOrAny } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { keyIdsOrAny } from '../key-names.ts';

export interface SliceCallsRow {
  /** Index of the slice. */
  slice: number;
  rootCause: string | null;
  /** The root's minute, epoch ms. */
  rootAt: number | null;
  generation: number;
  /** Mean instant of the calls, epoch ms. */
  at: number;
  n: number;
  /** Calls of the slice that were read. */
  read: number;
}

/** The largest groups of a slice; a cohort's roots lie within a few minutes. */
const groupsMax = 12;

interface SliceSql {
  from: string;
  to: string;
  take: number | string;
}

const groupsSql = ({ from, to, take }: SliceSql) =>
  `(SELECT root_cause AS "rootCause", (extract(epoch FROM date_trunc('minute', root_at)) * 1000)::float8 AS "rootAt",
      generation, avg((extract(epoch FROM at) * 1000)::bigint)::float8 AS at,
      count(*)::float8 AS n, (sum(count(*)) OVER ())::float8 AS read
    FROM (SELECT at, root_cause, root_at, generation FROM call
      WHERE at >= ${from} AND at < ${to} AND ($2::int[] IS NULL OR key = ANY($2::int[]))
        AND ($3::int IS NULL OR workspace = $3::int) AND ($4::int IS NULL OR process = $4::int)
      ORDER BY at LIMIT ${take}) c
    GROUP BY root_cause, date_trunc('minute', root_at), generation
    ORDER BY n DESC, 2, 1, generation LIMIT ${groupsMax}) g`;
const allSql = `SELECT s.slice, g.* FROM jsonb_to_recordset($1::jsonb)
    AS s(slice int, "from" timestamptz, "to" timestamptz, take int)
  CROSS JOIN LATERAL ${groupsSql({ from: 's."from"', to: 's."to"', take: 's.take' })}`;
/** Over all shards of a cluster the first calls are found slice by slice only. */
const eachSql = ({ slice, from, to, take }: SliceSql & { slice: number }): string =>
  `SELECT ${slice} AS slice, g.* FROM ${groupsSql({ from: `'${from}'::timestamptz`, to: `'${to}'::timestamptz`, take })}`;

/**
 * The first `take` calls of each slice of time (epoch ms), by the cause and minute of their root and by generation: the
 * largest groups of each.
 */
export async function readSliceCalls(
  tx: Tx,
  slices: readonly { slice: number; from: number; to: number; take: number }[],
  { keys, workspace, process }: KeyFilter,
): Promise<SliceCallsRow[]> {
  const given = slices.map(({ slice, from, to, take }) => ({
    slice,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    take,
  }));
  const rows = await tx.$queryRawUnsafe<
    (Omit<SliceCallsRow, 'rootCause'> & { rootCause: number | null })[]
  >(
    isCluster(tx) && keys === undefined
      ? given.map((slice) => `${eachSql(slice)} WHERE $1::jsonb IS NOT NULL`).join(' UNION ALL ')
      : allSql,
    JSON.stringify(given),
    await keyIdsOrAny(tx, keys),
    await idOrAny(tx, 'workspace', workspace),
    await idOrAny(tx, 'process', process),
  );
  return namedRows(tx, rows, { rootCause: 'word' });
}
