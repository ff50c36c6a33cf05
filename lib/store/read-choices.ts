import type { Tx } from './transaction.ts';

export interface Choices {
  workspace: string[];
  key: string[];
  /** Of events. */
  principal: string[];
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
         SELECT CASE WHEN grouping(workspace) = 0 THEN 'workspace' WHEN grouping(key) = 0 THEN 'key'
             WHEN called THEN 'process' ELSE 'principal' END AS kind,
           coalesce(workspace, key, process) AS value, sum(n) AS n
         -- Principals stand where calls have processes.
         FROM (SELECT *, measure = 'calls' AS called FROM rollup_${unit}) rollup WHERE measure IN ('calls', 'events', 'events-also') AND ${unit} > $1::timestamptz - interval '1 ${unit}'
           AND ${unit} < $2::timestamptz
         GROUP BY GROUPING SETS ((workspace), (key), (process, called))) sums
       WHERE value <> '' AND n > 0) placed
     WHERE place <= $3::int ORDER BY kind, place`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    each,
  );
  const of = (kind: keyof Choices) => rows.flatMap((row) => (row.kind === kind ? [row.value] : []));
  const [workspace, key] = [of('workspace'), of('key')];
  return { workspace, key, principal: of('principal'), process: of('process') };
}
