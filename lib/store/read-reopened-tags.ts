import type { ExplainFilter } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

/** Conversations, by opaque tag, whose messages made KMS calls for old DEKs in `[from, to)`; most calls first. */
export function readReopenedTags(
  tx: Tx,
  query: { from: number; to: number; filter: ExplainFilter; tagsMax: number },
): Promise<{ tag: string; calls: number }[]> {
  const { workspace = null, key = null, process = null } = query.filter;
  return tx.$queryRawUnsafe<{ tag: string; calls: number }[]>(
    `SELECT label AS tag, sum(n)::float8 AS calls FROM rollup_minute
     WHERE measure = 'reopened' AND minute >= $1::timestamptz AND minute < $2::timestamptz
       AND ($3::text IS NULL OR workspace = $3::text) AND ($4::text IS NULL OR key = $4::text)
       AND ($5::text IS NULL OR process = $5::text)
     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $6::int`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    workspace,
    key,
    process,
    query.tagsMax,
  );
}
