import type { Tx } from './transaction.ts';

export interface EchoRow {
  generation: number;
  /** First and last call of the generation, epoch ms. */
  from: number;
  to: number;
  calls: number;
}

export interface EchoQuery {
  key: string;
  workspace: string | null;
  rootCause: string;
  /** Roots of `[rootFrom, rootTo)`, epoch ms. */
  rootFrom: number;
  rootTo: number;
  until: number;
}

/** Calls that go back to one load cohort, by generation, the cohort itself first. */
export function readEchoes(tx: Tx, query: EchoQuery): Promise<EchoRow[]> {
  return tx.$queryRawUnsafe<EchoRow[]>(
    `SELECT generation, (extract(epoch FROM min(at)) * 1000)::float8 AS "from",
       (extract(epoch FROM max(at)) * 1000)::float8 AS "to", count(*)::float8 AS calls
     FROM kms_call WHERE root_at >= $1::timestamptz AND root_at < $2::timestamptz AND at >= $1::timestamptz
       AND at < $3::timestamptz AND key = $4 AND root_cause = $5 AND ($6::text IS NULL OR workspace = $6::text)
     GROUP BY 1 ORDER BY 1`,
    new Date(query.rootFrom).toISOString(),
    new Date(query.rootTo).toISOString(),
    new Date(query.until).toISOString(),
    query.key,
    query.rootCause,
    query.workspace,
  );
}
