import { idOrAny, namesOf } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';

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

/** A cohort's roots lie within a few minutes: what is beyond these has no part in the largest one. */
const groupsMax = 5_000;

/** Calls of each interval by the cause and minute of their root, generation and process: its largest groups. */
export async function readRoots(tx: Tx, intervals: readonly SpikeInterval[]): Promise<RootedRow[]> {
  const given: object[] = [];
  for (const { no, key, workspace, from, to } of intervals)
    given.push({
      no,
      key: await idOrAny(tx, 'key', key),
      workspace: await idOrAny(tx, 'workspace', workspace),
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
    });
  const rows = await tx.$queryRawUnsafe<
    (Omit<RootedRow, 'rootCause' | 'process'> & { rootCause: number | null; process: number })[]
  >(
    `SELECT s.no, g.* FROM jsonb_to_recordset($1::jsonb)
       AS s(no int, key int, workspace int, "from" timestamptz, "to" timestamptz)
     CROSS JOIN LATERAL (
       SELECT c.root_cause AS "rootCause", (extract(epoch FROM date_trunc('minute', c.root_at)) * 1000)::float8 AS "rootAt",
         c.generation, c.process, count(*)::float8 AS n
       FROM call c WHERE c.key = s.key AND c.at >= s."from" AND c.at < s."to"
         AND (s.workspace IS NULL OR c.workspace = s.workspace)
       GROUP BY c.root_cause, date_trunc('minute', c.root_at), c.generation, c.process
       ORDER BY n DESC, 2 DESC, 1, 3, 4 LIMIT ${groupsMax}) g`,
    JSON.stringify(given),
  );
  const causes = await namesOf(
    tx,
    'word',
    rows.flatMap(({ rootCause }) => rootCause ?? []),
  );
  const processes = await namesOf(
    tx,
    'process',
    rows.map(({ process }) => process),
  );
  return rows.map(({ rootCause, process, ...row }) => ({
    ...row,
    rootCause: rootCause === null ? null : (causes.get(rootCause) ?? ''),
    process: processes.get(process) ?? '',
  }));
}
