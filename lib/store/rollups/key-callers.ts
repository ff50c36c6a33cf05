import type { AuditRecord } from '../../domain/audit-record.ts';
import { useStates } from '../../domain/fates.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { stateCode } from '../records/event-states.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';
import { nameIds } from '../records/name-ids.ts';

type Use = Pick<AuditRecord, 'key' | 'otherKeys' | 'principal' | 'at' | 'sourceIp' | 'invokedBy'>;

/** What a row of `key_caller` holds, by ids; instants are epoch ms. */
interface Caller {
  key: number;
  principal: number;
  firstAt: number;
  lastAt: number;
  sourceIps: string[];
  services: number[];
}

const sourceIpsMax = 10;
const servicesMax = 5;

/** Who used which key in these events; those that use no key's material tell nothing. */
export async function addCallerFacts(
  tx: Tx,
  events: readonly { record: Use; state: string }[],
): Promise<void> {
  const uses = events.flatMap(({ record, state }) => (useStates.has(state) ? [record] : []));
  const found = await callersOf(tx, uses);
  if (found.length === 0) return;
  const known = await tx.$queryRawUnsafe<Caller[]>(
    `SELECT key, principal, (extract(epoch FROM first_at) * 1000)::float8 AS "firstAt",
       (extract(epoch FROM last_at) * 1000)::float8 AS "lastAt", source_ips AS "sourceIps", services
     FROM key_caller WHERE key = ANY($1::int[]) AND principal = ANY($2::int[])`,
    [...new Set(found.map(({ key }) => key))],
    [...new Set(found.map(({ principal }) => principal))],
  );
  const callers = new Callers();
  for (const caller of found) callers.add(caller);
  for (const caller of known) callers.addIfThere(caller);
  await tx.$executeRawUnsafe(
    `INSERT INTO key_caller (key, principal, first_at, last_at, source_ips, services)
     SELECT * FROM ${unnested(callerColumns)} ORDER BY 1, 2
     ON CONFLICT (key, principal) DO UPDATE SET first_at = excluded.first_at,
       last_at = excluded.last_at, source_ips = excluded.source_ips, services = excluded.services`,
    ...columnArrays(callerColumns, callers.all()),
  );
}

const callerColumns: Column<Caller>[] = [
  { name: 'key', type: 'int', of: ({ key }) => key },
  { name: 'principal', type: 'int', of: ({ principal }) => principal },
  { name: 'first_at', type: 'timestamptz', of: ({ firstAt }) => firstAt },
  { name: 'last_at', type: 'timestamptz', of: ({ lastAt }) => lastAt },
  { name: 'source_ips', type: 'jsonb', of: ({ sourceIps }) => JSON.stringify(sourceIps) },
  { name: 'services', type: 'jsonb', of: ({ services }) => JSON.stringify(services) },
];

/** A caller for each event and key of it. */
async function callersOf(tx: Tx, uses: readonly Use[]): Promise<Caller[]> {
  const ids = await nameIds(tx, (add) => {
    for (const { key, otherKeys, principal, invokedBy } of uses) {
      for (const one of [key, ...otherKeys]) add('key', one);
      add('word', invokedBy);
      add('principal', principal);
    }
  });
  return uses.flatMap(({ key, otherKeys, at, sourceIp, invokedBy, ...of }) => {
    const caller = {
      principal: ids('principal', of.principal),
      ...{ firstAt: at, lastAt: at },
      sourceIps: sourceIp === null ? [] : [sourceIp],
      services: invokedBy === null ? [] : [ids('word', invokedBy)],
    };
    const keys = [key, ...otherKeys].flatMap((one) => (one === null ? [] : [ids('key', one)]));
    return keys.map((id) => ({ ...caller, key: id }));
  });
}

/** One for each key and principal. */
class Callers {
  readonly #all = new Map<number, Map<number, Caller>>();

  all(): Caller[] {
    return [...this.#all.values()].flatMap((ofKey) => [...ofKey.values()]);
  }

  add(caller: Caller): void {
    const ofKey = this.#all.get(caller.key) ?? new Map<number, Caller>();
    this.#all.set(caller.key, ofKey);
    if (ofKey.has(caller.principal)) this.addIfThere(caller);
    else ofKey.set(caller.principal, { ...caller });
  }

  addIfThere(caller: Caller): void {
    const known = this.#all.get(caller.key)?.get(caller.principal);
    if (known === undefined) return;
    known.firstAt = Math.min(known.firstAt, caller.firstAt);
    known.lastAt = Math.max(known.lastAt, caller.lastAt);
    known.sourceIps = few(known.sourceIps, caller.sourceIps, sourceIpsMax);
    known.services = few(known.services, caller.services, servicesMax);
  }
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
