import type { Tx } from './transaction.ts';

export interface SpikeInterval {
  no: number;
  key: string;
  workspace: string | null;
  from: number;
  to: number;
}

export interface RootedRow {
  no: number;
  rootCause: string | null;
  /** The root's minute, epoch ms. */
  rootAt: number | null;
  generation: number;
  process: string;
  n: number;
}

/** Calls of each interval by the cause and minute of their root, generation and process. */
export function readRoots(tx: Tx, intervals: readonly SpikeInterval[]): Promise<RootedRow[]> {
  const rows = intervals.map(({ from, to, ...rest }) => ({
    ...rest,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  }));
  return tx.$queryRawUnsafe<RootedRow[]>(
    `SELECT s.no, c.root_cause AS "rootCause",
       (extract(epoch FROM date_trunc('minute', c.root_at)) * 1000)::float8 AS "rootAt", c.generation, c.process,
       count(*)::float8 AS n
     FROM jsonb_to_recordset($1::jsonb) AS s(no int, key text, workspace text, "from" timestamptz, "to" timestamptz)
     JOIN kms_call c ON c.key = s.key AND c.at >= s."from" AND c.at < s."to"
       AND (s.workspace IS NULL OR c.workspace = s.workspace)
     GROUP BY 1, 2, 3, 4, 5`,
    JSON.stringify(rows),
  );
}
