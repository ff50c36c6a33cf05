import { foreign } from '../../../domain/fates.ts';
import type { KeyFilter } from '../../../domain/key-filter.ts';
import type { UnmatchedUse } from '../../../domain/window-facts.ts';
import { idOrAny, idsOf } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { unmatchedUses } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';
import { stateCode, stateOf } from '../../records/event-states.ts';
import { keyIdsOrAny } from '../key-names.ts';

interface UseRow {
  principal: number;
  callers: number[];
  key: number;
  state: number;
  operation: number;
  events: number;
  firstAt: number;
  lastAt: number;
  sourceIps: string[] | null;
  addresses: number | null;
  services: number[] | null;
}

/**
 * Uses of key material in `[from, to)` that no attempt of ours explains, copied claims of strangers included. They are
 * of no process of ours: a filter by process leaves them as they are.
 */
export async function readUnmatchedUses(
  tx: Tx,
  query: { from: number; to: number; filter: KeyFilter },
): Promise<UnmatchedUse[]> {
  if (isEventLog(tx)) return unmatchedUses(tx, query);
  const { keys, workspace, principal } = query.filter;
  const [keyIds, workspaceId, principalId] = [
    await keyIdsOrAny(tx, keys),
    await idOrAny(tx, 'workspace', workspace),
    await idOrAny(tx, 'principal', principal),
  ];
  const rows = await tx.$queryRawUnsafe<UseRow[]>(
    // Of one key also what used it second.
    usesSql(keys === undefined ? 'AND e.role = 0' : ''),
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    keyIds,
    workspaceId,
    principalId,
    ...(await foreignCallers(tx)),
  );
  return named(tx, rows);
}

/** Providers and principals, side by side, of callers that are not ours. */
async function foreignCallers(tx: Tx): Promise<[number[], number[]]> {
  const callers = await tx.$queryRawUnsafe<{ provider: string; id: string }[]>(
    'SELECT provider, id FROM principal WHERE NOT ours',
  );
  const providers = await idsOf(
    tx,
    'word',
    callers.map(({ provider }) => provider),
  );
  const principals = await idsOf(
    tx,
    'principal',
    callers.map(({ id }) => id),
  );
  const known = callers.flatMap(({ provider, id }) => {
    const pair = [providers.get(provider), principals.get(id)];
    return pair[0] === undefined || pair[1] === undefined ? [] : [[pair[0], pair[1]] as const];
  });
  return [known.map(([provider]) => provider), known.map(([, id]) => id)];
}

/** By state one by one, so that the few are not looked for among all; by ids, whose names are few. */
function usesSql(roles: string): string {
  const columns = 'principal, principal_name, key, state, operation, at, source_ip, invoked_by';
  const of = (states: string) =>
    `SELECT ${columns} FROM event e WHERE at >= $1::timestamptz AND at < $2::timestamptz AND ${states}
       AND ($3::int[] IS NULL OR key = ANY($3::int[])) AND ($4::int IS NULL OR workspace = $4::int)
       AND ($5::int IS NULL OR principal = $5::int) ${roles}`;
  const copied = `state = ${stateCode('matched')} AND principal = ANY($7::int[])
       AND (provider, principal) IN (SELECT * FROM unnest($6::int[], $7::int[]))`;
  return `SELECT principal, array_agg(DISTINCT principal_name) AS callers, key, state, operation,
      count(*)::float8 AS events, (extract(epoch FROM min(at)) * 1000)::float8 AS "firstAt",
      (extract(epoch FROM max(at)) * 1000)::float8 AS "lastAt",
      (array_agg(DISTINCT source_ip) FILTER (WHERE source_ip IS NOT NULL))[1:10] AS "sourceIps",
      cardinality(array_agg(DISTINCT source_ip) FILTER (WHERE source_ip IS NOT NULL)) AS addresses,
      array_agg(DISTINCT invoked_by) FILTER (WHERE invoked_by IS NOT NULL) AS services
    FROM (${of(`state IN (${foreign.map(stateCode).join(', ')})`)} UNION ALL ${of(copied)}) uses
    GROUP BY principal, key, state, operation ORDER BY events DESC LIMIT 1000`;
}

async function named(tx: Tx, rows: readonly UseRow[]): Promise<UnmatchedUse[]> {
  const all = await namedRows(tx, rows, {
    key: 'key',
    principal: 'principal',
    callers: 'caller',
    operation: 'word',
    services: 'word',
  });
  return all.map(({ callers, state, sourceIps, addresses, services, ...row }) => ({
    ...row,
    name: callers.sort()[0] ?? '',
    state: stateOf(state),
    sourceIps: sourceIps ?? [],
    addresses: addresses ?? 0,
    services: services?.sort().slice(0, 5) ?? [],
  }));
}
