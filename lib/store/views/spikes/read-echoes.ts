import { isCluster } from '../../connection/db.ts';
import { allNames, idOrAny, idsOf } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { keyIdsOrAny } from '../key-names.ts';

export interface EchoRow {
  /** Which query's. */
  no: number;
  generation: number;
  /** First and last call of the generation, and the one in their middle, epoch ms. */
  from: number;
  to: number;
  mid: number;
  calls: number;
}

export interface EchoQuery {
  no: number;
  /** A key's by its names; all if it is left out. */
  keys?: readonly string[] | undefined;
  /** Null for all. */
  workspace: string | null;
  process: string | null;
  causes: readonly string[];
  /** Roots of `[rootFrom, rootTo)`, epoch ms. */
  rootFrom: number;
  rootTo: number;
  until: number;
}

/** Such queries as a table of ids, given as what `echoParameter` resolves to. */
export const echoRecordset = (parameter: string): string =>
  `jsonb_to_recordset(${parameter}::jsonb) AS q(no int, keys int[], workspace int, process int, causes int[],
       root_from timestamptz, root_to timestamptz, until timestamptz)`;

/** Of one key, or of all: an index has the roots of each. */
export const keyIds = async (tx: Tx, names: readonly string[] | undefined): Promise<number[]> =>
  (await keyIdsOrAny(tx, names)) ?? [0, ...(await allNames(tx, 'key')).map(({ id }) => id)];

export async function echoParameter(tx: Tx, queries: readonly EchoQuery[]): Promise<string> {
  const given: object[] = [];
  for (const { no, keys, workspace, process, causes, rootFrom, rootTo, until } of queries)
    given.push({
      no,
      keys: await keyIds(tx, keys),
      workspace: await idOrAny(tx, 'workspace', workspace),
      process: await idOrAny(tx, 'process', process),
      causes: [...(await idsOf(tx, 'word', causes)).values()],
      root_from: new Date(rootFrom).toISOString(),
      root_to: new Date(rootTo).toISOString(),
      until: new Date(until).toISOString(),
    });
  return JSON.stringify(given);
}

const ms = (instant: string) => `(extract(epoch FROM ${instant}) * 1000)::float8`;
const stepsSql = `c.generation, ${ms('min(c.at)')} AS "from", ${ms('max(c.at)')} AS "to",
  ${ms('percentile_disc(0.5) WITHIN GROUP (ORDER BY c.at)')} AS mid, count(*)::float8 AS calls`;
/** Partitions are told by bounds of all queries; one's own would have all calls of half a day looked up. */
const ofQuery = `c.root_at >= q.root_from AND c.root_at < q.root_to AND c.at >= $2::timestamptz AND c.at < $3::timestamptz
  AND c.at - q.root_from >= interval '0' AND c.at - q.until < interval '0' AND c.root_cause = ANY(q.causes)
  AND c.key = ANY(q.keys) AND (q.workspace IS NULL OR c.workspace = q.workspace)
  AND (q.process IS NULL OR c.process = q.process)`;
// One after the other they are sorted in memory; a cluster has no such plan over all of its shards.
const eachSql = `SELECT q.no, c.* FROM ${echoRecordset('$1')}
  CROSS JOIN LATERAL (SELECT ${stepsSql} FROM call c WHERE ${ofQuery} GROUP BY c.generation) c ORDER BY 1, 2`;
const clusterSql = `SELECT q.no, ${stepsSql} FROM ${echoRecordset('$1')} JOIN call c ON ${ofQuery} GROUP BY 1, 2 ORDER BY 1, 2`;

/** Calls that go back to each load cohort, by generation, the cohort itself first. */
export async function readEchoes(tx: Tx, queries: readonly EchoQuery[]): Promise<EchoRow[]> {
  if (queries.length === 0) return [];
  return tx.$queryRawUnsafe<EchoRow[]>(
    isCluster(tx) ? clusterSql : eachSql,
    await echoParameter(tx, queries),
    new Date(Math.min(...queries.map(({ rootFrom }) => rootFrom))).toISOString(),
    new Date(Math.max(...queries.map(({ until }) => until))).toISOString(),
  );
}
