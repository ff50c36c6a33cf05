import type { JoinMethod } from '../../domain/fates.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../connection/transaction.ts';
import type { NameIds } from '../records/name-ids.ts';
import type { AttemptPlace, EventCandidate } from './candidates.ts';

interface Pair {
  attempt: Pick<AttemptPlace, 'key'>;
  event: Pick<EventCandidate, 'key'>;
  method: JoinMethod;
}

/**
 * Keeps which aliases telemetry has for keys of the log, as pairs tell: only the server's ids of requests do, since
 * anybody can copy a claim. Resolves to the aliases that were not known to be any of these keys'.
 */
export async function addAliases(tx: Tx, ids: NameIds, pairs: readonly Pair[]): Promise<string[]> {
  const told = new Map<string, { key: number; alias: number; name: string }>();
  for (const { attempt, event, method } of pairs) {
    if (method !== 'request-id' || event.key === null || !isAlias(attempt.key, event.key)) continue;
    const { key: name } = attempt;
    const names = { key: ids('key', event.key), alias: ids('key', name), name };
    told.set(tupleKey(names.key, names.alias), names);
  }
  if (told.size === 0) return [];
  const added = await tx.$queryRawUnsafe<{ alias: number }[]>(
    `INSERT INTO key_alias (key, alias) SELECT * FROM unnest($1::int[], $2::int[]) ORDER BY 1, 2
     ON CONFLICT DO NOTHING RETURNING alias`,
    [...told.values()].map(({ key }) => key),
    [...told.values()].map(({ alias }) => alias),
  );
  const fresh = new Set(added.map(({ alias }) => alias));
  return [...told.values()].flatMap(({ alias, name }) => (fresh.has(alias) ? [name] : []));
}

/** Whether it is the ARN of an alias, which is of its key's account and Region. */
function isAlias(name: string, key: string): boolean {
  const [, owner] = /^(arn:[^:]+:kms:[^:]+:\d+):alias\//.exec(name) ?? [];
  return owner !== undefined && key.startsWith(`${owner}:key/`);
}
