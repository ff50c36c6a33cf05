import type { Tx } from '../../connection/transaction.ts';
import { liveLeases } from '../keys/read-leases.ts';
import type { EchoQuery } from './read-echoes.ts';

/** Leases of one generation of a load cohort that hold, and when the first and the last of them end, epoch ms. */
export interface LeaseWave {
  /** Which query's. */
  no: number;
  generation: number;
  from: number;
  to: number;
  leases: number;
}

/** Of each cohort the leases that hold at `now`, by generation: where DEKs stay in use, they end in the next calls. */
export async function readLeaseWaves(
  tx: Tx,
  { queries, now, since }: { queries: readonly EchoQuery[]; now: number; since: number },
): Promise<LeaseWave[]> {
  if (queries.length === 0) return [];
  return tx.$queryRawUnsafe<LeaseWave[]>(
    `${liveLeases}
     SELECT q.no, l.generation, (extract(epoch FROM min(l.ends)) * 1000)::float8 AS "from",
       (extract(epoch FROM max(l.ends)) * 1000)::float8 AS "to", count(*)::float8 AS leases
     FROM jsonb_to_recordset($3::jsonb) AS q(no int, key text, workspace text, process text, causes text[],
       "rootFrom" float8, "rootTo" float8)
     JOIN live l ON l.root_at >= to_timestamp(q."rootFrom" / 1000) AND l.root_at < to_timestamp(q."rootTo" / 1000)
       AND l.root_cause = ANY(q.causes) AND (q.key IS NULL OR l.key = q.key)
       AND (q.workspace IS NULL OR l.workspace = q.workspace) AND (q.process IS NULL OR l.process = q.process)
     GROUP BY 1, 2 ORDER BY 1, 2`,
    new Date(since).toISOString(),
    new Date(now).toISOString(),
    JSON.stringify(queries),
  );
}
