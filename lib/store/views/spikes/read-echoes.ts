import type { Tx } from '../../connection/transaction.ts';

export interface EchoRow {
  /** Which query's. */
  no: number;
  generation: number;
  /** First and last call of the generation, epoch ms. */
  from: number;
  to: number;
  calls: number;
}

export interface EchoQuery {
  no: number;
  /** Null for all. */
  key: string | null;
  workspace: string | null;
  process: string | null;
  causes: readonly string[];
  /** Roots of `[rootFrom, rootTo)`, epoch ms. */
  rootFrom: number;
  rootTo: number;
  until: number;
}

/** Calls that go back to each load cohort, by generation, the cohort itself first. */
export async function readEchoes(tx: Tx, queries: readonly EchoQuery[]): Promise<EchoRow[]> {
  if (queries.length === 0) return [];
  const rows = queries.map(({ rootFrom, rootTo, until, ...rest }) => ({
    ...rest,
    root_from: new Date(rootFrom).toISOString(),
    root_to: new Date(rootTo).toISOString(),
    until: new Date(until).toISOString(),
  }));
  return tx.$queryRawUnsafe<EchoRow[]>(
    `SELECT q.no, g.* FROM jsonb_to_recordset($1::jsonb) AS q(no int, key text, workspace text, process text,
       causes text[], root_from timestamptz, root_to timestamptz, until timestamptz)
     CROSS JOIN LATERAL (
       SELECT c.generation, (extract(epoch FROM min(c.at)) * 1000)::float8 AS "from",
         (extract(epoch FROM max(c.at)) * 1000)::float8 AS "to", count(*)::float8 AS calls
       FROM kms_call c WHERE c.root_at >= q.root_from AND c.root_at < q.root_to AND c.at >= q.root_from
         AND c.at < q.until AND c.root_cause = ANY(q.causes) AND (q.key IS NULL OR c.key = q.key)
         AND (q.workspace IS NULL OR c.workspace = q.workspace) AND (q.process IS NULL OR c.process = q.process)
       GROUP BY 1) g
     ORDER BY q.no, g.generation`,
    JSON.stringify(rows),
  );
}
