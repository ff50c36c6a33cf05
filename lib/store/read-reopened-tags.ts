import type { ExplainFilter } from '../shared/dto.ts';
import { tiles } from './read-window.ts';
import type { Tx } from './transaction.ts';

/** Conversations, by opaque tag, whose messages made KMS calls for old DEKs in `[from, to)`; most calls first. */
export function readReopenedTags(
  tx: Tx,
  query: { from: number; to: number; filter: ExplainFilter; tagsMax: number },
): Promise<{ tag: string; calls: number }[]> {
  const { workspace = null, key = null, process = null } = query.filter;
  const { from, to, filter } = query;
  const parts = tiles({ from, to, filter, everyone: false }).map(
    ({ unit, from: start, to: end }) =>
      `SELECT label, n FROM rollup_${unit} WHERE measure = 'reopened'
         AND ${unit} >= '${new Date(start).toISOString()}'::timestamptz AND ${unit} < '${new Date(end).toISOString()}'::timestamptz
         AND ($1::text IS NULL OR workspace = $1::text) AND ($2::text IS NULL OR key = $2::text)
         AND ($3::text IS NULL OR process = $3::text)`,
  );
  return tx.$queryRawUnsafe<{ tag: string; calls: number }[]>(
    `SELECT label AS tag, sum(n)::float8 AS calls FROM (${parts.join(' UNION ALL ')}) parts
     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $4::int`,
    workspace,
    key,
    process,
    query.tagsMax,
  );
}
