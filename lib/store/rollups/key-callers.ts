import type { AuditRecord } from '../../domain/audit-record.ts';
import { useStates } from '../../domain/fates.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { stateCode } from '../records/event-states.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';
import { nameIds } from '../records/name-ids.ts';

export type CallerUse = Pick<AuditRecord, 'principal' | 'at' | 'sourceIp' | 'invokedBy'>;
type Use = CallerUse & Pick<AuditRecord, 'key' | 'otherKeys'>;

/** What events tell of a caller; instants are epoch ms. */
interface Told<Service> {
  firstAt: number;
  lastAt: number;
  sourceIps: string[];
  services: Service[];
}

/** What a row of `key_caller` holds, by ids. */
interface Caller extends Told<number> {
  key: number;
  principal: number;
}

const sourceIpsMax = 10;
const servicesMax = 5;

/** Who used which key in these events; those that use no key's material tell nothing. */
export async function addCallerFacts(
  tx: Tx,
  events: readonly { record: Use; state: string }[],
): Promise<void> {
  const found = await callersOf(tx, usersOf(events));
  if (found.length === 0) return;
  const known = await tx.$queryRawUnsafe<Caller[]>(
    `SELECT key, principal, (extract(epoch FROM first_at) * 1000)::float8 AS "firstAt",
       (extract(epoch FROM last_at) * 1000)::float8 AS "lastAt", source_ips AS "sourceIps", services
     FROM key_caller WHERE key = ANY($1::int[]) AND principal = ANY($2::int[])`,
    [...new Set(found.map(({ key }) => key))],
    [...new Set(found.map(({ principal }) => principal))],
  );
  const byPlace = new Map(found.map((caller) => [placeOf(caller), caller]));
  for (const caller of known) {
    const told = byPlace.get(placeOf(caller));
    if (told !== undefined) tellMore(told, caller);
  }
  await tx.$executeRawUnsafe(
    `INSERT INTO key_caller (key, principal, first_at, last_at, source_ips, services)
     SELECT * FROM ${unnested(callerColumns)} ORDER BY 1, 2
     ON CONFLICT (key, principal) DO UPDATE SET first_at = excluded.first_at,
       last_at = excluded.last_at, source_ips = excluded.source_ips, services = excluded.services`,
    ...columnArrays(callerColumns, found),
  );
}

/** The same of events that were stored before and are of a further key now. */
export const addNamedCallers = (
  tx: Tx,
  uses: readonly (CallerUse & { key: string; state: string })[],
): Promise<void> =>
  addCallerFacts(
    tx,
    uses.map(({ state, ...use }) => ({ record: { ...use, otherKeys: [] }, state })),
  );

const placeOf = ({ key, principal }: Caller): string => tupleKey(key, principal);

const callerColumns: Column<Caller>[] = [
  { name: 'key', type: 'int', of: ({ key }) => key },
  { name: 'principal', type: 'int', of: ({ principal }) => principal },
  { name: 'first_at', type: 'timestamptz', of: ({ firstAt }) => firstAt },
  { name: 'last_at', type: 'timestamptz', of: ({ lastAt }) => lastAt },
  { name: 'source_ips', type: 'jsonb', of: ({ sourceIps }) => JSON.stringify(sourceIps) },
  { name: 'services', type: 'jsonb', of: ({ services }) => JSON.stringify(services) },
];

type Users = Map<string, Map<string, Told<string>>>;

/** Each principal of each key, with what all of these events tell. */
function usersOf(events: readonly { record: Use; state: string }[]): Users {
  const users: Users = new Map();
  for (const { record, state } of events) {
    if (!useStates.has(state)) continue;
    if (record.key !== null) takeUse(users, record.key, record);
    for (const key of record.otherKeys) takeUse(users, key, record);
  }
  return users;
}

function takeUse(
  users: Users,
  key: string,
  { principal, at, sourceIp, invokedBy }: CallerUse,
): void {
  const ofKey = users.get(key) ?? new Map<string, Told<string>>();
  users.set(key, ofKey);
  const user = ofKey.get(principal) ?? { firstAt: at, lastAt: at, sourceIps: [], services: [] };
  ofKey.set(principal, user);
  user.firstAt = Math.min(user.firstAt, at);
  user.lastAt = Math.max(user.lastAt, at);
  if (sourceIp !== null) user.sourceIps = few(user.sourceIps, [sourceIp], sourceIpsMax);
  if (invokedBy !== null && !user.services.includes(invokedBy)) user.services.push(invokedBy);
}

async function callersOf(tx: Tx, users: Users): Promise<Caller[]> {
  const all = [...users].flatMap(([key, ofKey]) =>
    [...ofKey].map(([principal, user]) => ({ key, principal, user })),
  );
  const ids = await nameIds(tx, (add) => {
    for (const { key, principal, user } of all) {
      add('key', key);
      for (const service of user.services) add('word', service);
      add('principal', principal);
    }
  });
  return all.map(({ key, principal, user }) => ({
    ...user,
    key: ids('key', key),
    principal: ids('principal', principal),
    services: few(
      [],
      user.services.map((service) => ids('word', service)),
      servicesMax,
    ),
  }));
}

/** Adds what more is known of a caller. */
export function tellMore(caller: Told<number>, more: Told<number>): void {
  caller.firstAt = Math.min(caller.firstAt, more.firstAt);
  caller.lastAt = Math.max(caller.lastAt, more.lastAt);
  caller.sourceIps = few(caller.sourceIps, more.sourceIps, sourceIpsMax);
  caller.services = few(caller.services, more.services, servicesMax);
}

/** The first ones of both, in their order. */
function few<T extends string | number>(known: T[], more: readonly T[], max: number): T[] {
  if (more.every((one) => known.includes(one))) return known;
  return [...new Set([...known, ...more])].sort((a, b) => (a < b ? -1 : 1)).slice(0, max);
}

/** Finds them anew in the events that are stored. */
export async function rebuildCallers(tx: Tx): Promise<void> {
  const distinct = (column: string, max: number) =>
    `to_jsonb(coalesce((array_agg(DISTINCT ${column}) FILTER (WHERE ${column} IS NOT NULL))[1:${max}], '{}'))`;
  await tx.$executeRawUnsafe('DELETE FROM key_caller');
  await tx.$executeRawUnsafe(
    `INSERT INTO key_caller (key, principal, first_at, last_at, source_ips, services)
     SELECT key, principal, min(at), max(at), ${distinct('source_ip', sourceIpsMax)},
       ${distinct('invoked_by', servicesMax)}
     FROM event WHERE key <> 0 AND state NOT IN (${stateCode('other')}, ${stateCode('copy')}) GROUP BY 1, 2`,
  );
}
