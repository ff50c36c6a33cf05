import type { HeardProcess } from '../../../shared/connection-view.ts';
import type { Tx } from '../../connection/transaction.ts';

/** Processes that telemetry came from, the one that began last first. */
export function readHeardProcesses(tx: Tx, limit: number): Promise<HeardProcess[]> {
  return tx.$queryRawUnsafe<HeardProcess[]>(
    `SELECT process, count(*)::float8 AS boots, (extract(epoch FROM max(started_at)) * 1000)::float8 AS "startedAt",
       (extract(epoch FROM now() - max(heard_at)) * 1000)::float8 AS "silentMs",
       (array_agg(closed ORDER BY started_at DESC))[1] AS closed
     FROM process_boot GROUP BY process ORDER BY max(started_at) DESC, process LIMIT $1::int`,
    limit,
  );
}
