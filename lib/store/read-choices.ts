import type { Tx } from './transaction.ts';

export interface Choices {
  workspace: string[];
  key: string[];
  process: string[];
}

const dayMs = 86_400_000;
/** Of longer windows the days are read that touch them. */
const hoursOfMs = 2 * dayMs;

/**
 * What calls, or events of a log without calls, of the hours or days that touch `[from, to)` can be filtered by,
 * most calls first.
 */
export async function readChoices(
  tx: Tx,
  { from, to, each }: { from: number; to: number; each: number },
): Promise<Choices> {
  const unit = to - from > hoursOfMs ? 'day' : 'hour';
  const rows = await tx.$queryRawUnsafe<{ kind: keyof Choices; value: string }[]>(
    `SELECT kind, value FROM (
       SELECT kind, value, row_number() OVER (PARTITION BY kind ORDER BY n DESC, value) AS place FROM (
         SELECT CASE WHEN grouping(workspace) = 0 THEN 'workspace' WHEN grouping(key) = 0 THEN 'key' ELSE 'process' END AS kind,
           coalesce(workspace, key, process) AS value,
           -- Principals stand where calls have processes; they are no choice of process.
           CASE grouping(process) WHEN 0 THEN sum(n) FILTER (WHERE measure = 'calls') ELSE sum(n) END AS n
         FROM rollup_${unit} WHERE measure IN ('calls', 'events', 'events-also') AND ${unit} > $1::timestamptz - interval '1 ${unit}'
           AND ${unit} < $2::timestamptz
         GROUP BY GROUPING SETS ((workspace), (key), (process))) sums
       WHERE value <> '' AND n > 0) placed
     WHERE place <= $3::int ORDER BY kind, place`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    each,
  );
  const of = (kind: keyof Choices) => rows.flatMap((row) => (row.kind === kind ? [row.value] : []));
  return { workspace: of('workspace'), key: of('key'), process: of('process') };
}
