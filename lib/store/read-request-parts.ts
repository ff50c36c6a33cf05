import type { Tx } from './transaction.ts';

/** One minute's calls of one cause, or its events of one state and principal. */
export interface RequestPart {
  minute: number;
  measure: 'calls' | 'events';
  label: string;
  /** The process of calls, the principal of events. */
  by: string;
  n: number;
}

/** What a workspace's requests in `[from, to)` (epoch ms) are made of. */
export function readRequestParts(
  tx: Tx,
  query: { from: number; to: number; key: string; workspace: string },
): Promise<RequestPart[]> {
  return tx.$queryRawUnsafe<RequestPart[]>(
    `SELECT (extract(epoch FROM minute) * 1000)::float8 AS minute, measure, label, process AS by, sum(n)::float8 AS n
     FROM rollup_minute WHERE measure IN ('calls', 'events') AND minute >= $1::timestamptz AND minute < $2::timestamptz
       AND key = $3 AND workspace = $4 AND (measure = 'calls' OR label IN ('unclaimed', 'claim-new', 'claim-used'))
     GROUP BY 1, 2, 3, 4`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.key,
    query.workspace,
  );
}
