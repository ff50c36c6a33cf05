import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { intervalParameter, intervalRecordset, type SpikeInterval } from './intervals.ts';

export interface RootedRow {
  no: number;
  rootCause: string | null;
  /** The root's minute, epoch ms. */
  rootAt: number | null;
  generation: number;
  process: string;
  n: number;
}

/** A cohort's roots lie within a few minutes: what is beyond these has no part in the largest one. */
const groupsMax = 5_000;

/** Calls of each interval by the cause and minute of their root, generation and process: its largest groups. */
export async function readRoots(tx: Tx, intervals: readonly SpikeInterval[]): Promise<RootedRow[]> {
  const rows = await tx.$queryRawUnsafe<
    (Omit<RootedRow, 'rootCause' | 'process'> & { rootCause: number | null; process: number })[]
  >(
    `SELECT no, "rootCause", "rootAt", generation, process, n FROM (
       SELECT *, row_number() OVER (PARTITION BY no ORDER BY n DESC, "rootAt" DESC, "rootCause", generation, process) AS nth
       FROM (SELECT s.no, c.root_cause AS "rootCause",
           (extract(epoch FROM date_trunc('minute', c.root_at)) * 1000)::float8 AS "rootAt",
           c.generation, c.process, count(*)::float8 AS n
         FROM ${intervalRecordset}
         CROSS JOIN LATERAL (SELECT * FROM call WHERE call.key = s.key AND call.at >= s."from" AND call.at < s."to"
           AND (s.workspace IS NULL OR call.workspace = s.workspace) ORDER BY call.key) c
         GROUP BY 1, 2, 3, 4, 5) groups) numbered
     WHERE nth <= ${groupsMax} ORDER BY no, nth`,
    await intervalParameter(tx, intervals),
  );
  return namedRows(tx, rows, { rootCause: 'word', process: 'process' });
}
