import { dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode } from '../../records/event-states.ts';

const keysMax = 100;

/** Keys of an account and Region (`owner`, how their ARNs begin) that an alias pointed to, the newest first. */
export async function readAliasKeys(
  tx: Tx,
  { owner, alias }: { owner: string; alias: string },
): Promise<string[]> {
  const rows = await tx.$queryRawUnsafe<{ name: string }[]>(
    `SELECT k.name, max(e.at) AS at FROM event e JOIN dimension k ON k.kind = ${dimensions.key} AND k.id = e.key
     WHERE e.state = ${stateCode('other')} AND e.role = 0 AND e.error_code IS NULL
       AND e.action = (SELECT id FROM dimension WHERE kind = ${dimensions.word} AND name = 'alias')
       AND e.facts->'ids' @> jsonb_build_array(jsonb_build_array('alias', $2::text)) AND starts_with(k.name, $1 || ':key/')
     GROUP BY 1 ORDER BY 2 DESC LIMIT ${keysMax}`,
    owner,
    alias,
  );
  return rows.map(({ name }) => name);
}
