import { idOrAny } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode } from '../../records/event-states.ts';
import { intervalParameter, intervalRecordset, type SpikeInterval } from './intervals.ts';

/** By interval the causes of the calls that one caller's events of a key are joined with; nothing where none is. */
export async function readJoinedCauses(
  tx: Tx,
  principal: string,
  intervals: readonly SpikeInterval[],
): Promise<Map<number, Map<string, number>>> {
  const rows = await tx.$queryRawUnsafe<{ no: number; cause: number; n: number }[]>(
    `WITH joined AS MATERIALIZED (SELECT s.no, p.*
       FROM ${intervalRecordset}
       CROSS JOIN LATERAL (SELECT p.attempt_key, p.at, p.process, p.boot, p.seq FROM event e
         JOIN pair p ON p.key = e.key AND p.event_at = e.at AND p.event_id = e.id
         WHERE e.key = s.key AND e.at >= s."from" AND e.at < s."to" AND e.principal = $2::int
           AND e.state = ${stateCode('matched')} AND (s.workspace IS NULL OR e.workspace = s.workspace)
         ORDER BY e.key) p)
     SELECT p.no, c.refined_cause AS cause, count(*)::float8 AS n FROM joined p
       CROSS JOIN LATERAL (SELECT c.refined_cause FROM call c WHERE c.key = p.attempt_key AND c.at = p.at
         AND c.process = p.process AND c.boot = p.boot AND c.seq = p.seq ORDER BY c.key) c
     GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`,
    await intervalParameter(tx, intervals),
    await idOrAny(tx, 'principal', principal),
  );
  const found = new Map<number, Map<string, number>>();
  for (const { no, cause, n } of await namedRows(tx, rows, { cause: 'word' }))
    found.set(no, (found.get(no) ?? new Map()).set(cause, n));
  return found;
}
