import { useStates } from '../../../domain/fates.ts';
import { addTo, type Counts } from '../../../shared/counts.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode } from '../../records/event-states.ts';
import { tellMore } from '../../rollups/key-callers.ts';
import { keyIdsOrAny } from '../key-names.ts';
import { readPrincipals } from '../read-principals.ts';
import { readTallies } from '../read-tallies.ts';

/** One caller's uses of a key. Instants are epoch ms. */
export interface KeyUserRow {
  principal: string;
  name: string;
  ours: boolean;
  operations: Counts;
  events: number;
  /** Of the day before the newest one. */
  lately: number;
  refused: number;
  firstAt: number;
  lastAt: number;
  sourceIps: string[];
  services: string[];
}

const usersMax = 1_000;
const minuteMs = 60_000;
const dayMs = 86_400_000;

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Who used a key's material, by its names, most uses first. */
export async function readKeyUsers(tx: Tx, keys: readonly string[]): Promise<KeyUserRow[]> {
  const found = await tx.$queryRawUnsafe<CallerIds[]>(
    `SELECT principal, ${ms('first_at')} AS "firstAt", ${ms('last_at')} AS "lastAt", source_ips AS "sourceIps", services
     FROM key_caller WHERE key = ANY($1::int[])`,
    await keyIdsOrAny(tx, keys),
  );
  const callers = await namedRows(tx, eachOnce(found), {
    principal: 'principal',
    services: 'word',
  });
  if (callers.length === 0) return [];
  const from = Math.min(...callers.map(({ firstAt }) => firstAt));
  const to = Math.max(...callers.map(({ lastAt }) => lastAt));
  const uses = await usesIn(tx, { keys, from, to });
  const used = callers.flatMap((caller) => {
    const made = uses.get(caller.principal);
    return made === undefined || made.events === 0 ? [] : [{ ...caller, ...made }];
  });
  const newest = Math.max(...used.map(({ lastAt }) => lastAt));
  const lately = await usesAfter(tx, { keys, after: newest - dayMs, to: newest });
  const known = new Map((await readPrincipals(tx)).map((one) => [one.id, one]));
  return used
    .map(({ operations, ...caller }) => ({
      ...caller,
      name: known.get(caller.principal)?.name ?? caller.principal,
      operations: Object.fromEntries(operations),
      lately: lately.get(caller.principal) ?? 0,
      ours: known.get(caller.principal)?.ours ?? false,
      services: caller.services.sort(),
    }))
    .sort((a, b) => b.events - a.events || byText(a.principal, b.principal))
    .slice(0, usersMax);
}

interface CallerIds {
  principal: number;
  firstAt: number;
  lastAt: number;
  sourceIps: string[];
  services: number[];
}

/** A caller may have used several names of the key. */
function eachOnce(callers: readonly CallerIds[]): CallerIds[] {
  const byId = new Map<number, CallerIds>();
  for (const caller of callers) {
    const known = byId.get(caller.principal);
    if (known === undefined) byId.set(caller.principal, caller);
    else tellMore(known, caller);
  }
  return [...byId.values()];
}

interface Uses {
  events: number;
  refused: number;
  operations: Map<string, number>;
}

/** What callers have done with a key, by principal, in the minutes from that of `from` to that of `to`. */
async function usesIn(
  tx: Tx,
  { keys, from, to }: { keys: readonly string[]; from: number; to: number },
): Promise<Map<string, Uses>> {
  const sums = await readTallies(tx, {
    ...{ cut: 'all', keys, measures: ['events', 'events-also', 'refused'], bucketMs: null },
    from: Math.floor(from / minuteMs) * minuteMs,
    to: Math.floor(to / minuteMs) * minuteMs + minuteMs,
  });
  const uses = new Map<string, Uses>();
  for (const { measure, by, operation, label, n } of sums) {
    const made = uses.get(by) ?? { events: 0, refused: 0, operations: new Map() };
    uses.set(by, made);
    if (measure === 'refused') made.refused += n;
    else if (useStates.has(label)) {
      made.events += n;
      addTo(made.operations, operation, n);
    }
  }
  return uses;
}

/** How often callers have used a key later than `after`: only within that minute are events read themselves. */
async function usesAfter(
  tx: Tx,
  { keys, after, to }: { keys: readonly string[]; after: number; to: number },
): Promise<Map<string, number>> {
  const next = Math.floor(after / minuteMs) * minuteMs + minuteMs;
  const counts = new Map<string, number>();
  const first = await tx.$queryRawUnsafe<{ principal: number; n: number }[]>(
    `SELECT principal, count(*)::float8 AS n FROM event
     WHERE key = ANY($1::int[]) AND at > $2::timestamptz AND at < $3::timestamptz
       AND state NOT IN (${stateCode('other')}, ${stateCode('copy')}) GROUP BY 1`,
    await keyIdsOrAny(tx, keys),
    new Date(after).toISOString(),
    new Date(next).toISOString(),
  );
  for (const { principal, n } of await namedRows(tx, first, { principal: 'principal' }))
    addTo(counts, principal, n);
  for (const [principal, { events }] of await usesIn(tx, { keys, from: next, to }))
    addTo(counts, principal, events);
  return counts;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A workspace whose data keys a key wraps, by its calls. */
export interface KeyWorkspaceRow {
  workspace: string;
  calls: number;
  deks: number;
  lastAt: number;
}

const workspacesMax = 1_000;

/** Workspaces under a key, by its names, those that ask most first, as far as calls of their data keys are kept. */
export async function readKeyWorkspaces(
  tx: Tx,
  names: readonly string[],
): Promise<KeyWorkspaceRow[]> {
  const rows = await tx.$queryRawUnsafe<
    (Omit<KeyWorkspaceRow, 'workspace'> & { workspace: number })[]
  >(
    `SELECT workspace, sum(calls)::float8 AS calls, count(*)::float8 AS deks, ${ms('max(last_at)')} AS "lastAt"
     FROM key_dek WHERE key = ANY($1::int[]) GROUP BY 1 ORDER BY calls DESC, workspace LIMIT ${workspacesMax}`,
    await keyIdsOrAny(tx, names),
  );
  const named = await namedRows(tx, rows, { workspace: 'workspace' });
  return named.sort((a, b) => b.calls - a.calls || byText(a.workspace, b.workspace));
}
