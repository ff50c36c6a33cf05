import { idOrAny, namesOf } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode } from '../../records/event-states.ts';

export interface CallerInterval {
  key: string;
  /** Null for all. */
  workspace: string | null;
  principal: string;
  /** Epoch ms, `[from, to)`. */
  from: number;
  to: number;
}

/** The causes of the calls that one caller's events of a key are joined with, counted; empty where none is. */
export async function readJoinedCauses(
  tx: Tx,
  { key, workspace, principal, from, to }: CallerInterval,
): Promise<Map<string, number>> {
  const rows = await tx.$queryRawUnsafe<{ cause: number; n: number }[]>(
    `SELECT c.refined_cause AS cause, count(*)::float8 AS n FROM event e
       JOIN pair p ON p.key = e.key AND p.event_at = e.at AND p.event_id = e.id
       JOIN call c ON c.key = p.attempt_key AND c.at = p.at AND c.process = p.process AND c.boot = p.boot AND c.seq = p.seq
     WHERE e.key = $1::int AND e.at >= $2::timestamptz AND e.at < $3::timestamptz AND e.principal = $4::int
       AND e.state = ${stateCode('matched')} AND ($5::int IS NULL OR e.workspace = $5::int)
     GROUP BY 1 ORDER BY 2 DESC, 1`,
    await idOrAny(tx, 'key', key),
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    await idOrAny(tx, 'principal', principal),
    await idOrAny(tx, 'workspace', workspace),
  );
  const names = await namesOf(
    tx,
    'word',
    rows.map(({ cause }) => cause),
  );
  return new Map(rows.map(({ cause, n }) => [names.get(cause) ?? '', n]));
}
