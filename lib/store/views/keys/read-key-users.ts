import type { Counts } from '../../../shared/counts.ts';
import { idOrAny, idsOf } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode } from '../../records/event-states.ts';
import { readOurs } from '../read-principals.ts';

/** One caller's uses of a key, as far as events are kept one by one. Instants are epoch ms. */
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
  sourceIps: string[] | null;
  services: string[] | null;
}

const usersMax = 1_000;

const isUse = `state NOT IN (${stateCode('other')}, ${stateCode('copy')})`;

/** Who used a key's material, most uses first. */
export async function readKeyUsers(tx: Tx, key: string): Promise<KeyUserRow[]> {
  const rows = await tx.$queryRawUnsafe<UserIds[]>(
    `WITH newest AS (SELECT max(at) - interval '1 day' AS before FROM event WHERE key = $1::int AND ${isUse}),
     uses AS MATERIALIZED (
       SELECT principal, operation, source_ip, invoked_by, max(principal_name) AS name, count(*) AS n,
         count(*) FILTER (WHERE at > (SELECT before FROM newest)) AS lately, count(error_code) AS refused,
         min(at) AS first, max(at) AS last
       FROM event WHERE key = $1::int AND ${isUse} GROUP BY 1, 2, 3, 4),
     counted AS (SELECT principal, array_agg(operation) AS operations, array_agg(n) AS counts FROM
       (SELECT principal, operation, sum(n)::float8 AS n FROM uses GROUP BY 1, 2) o GROUP BY 1)
     SELECT u.*, c.operations, c.counts FROM counted c JOIN (
       SELECT principal, max(name) AS name, sum(n)::float8 AS events, sum(lately)::float8 AS lately,
         sum(refused)::float8 AS refused, (extract(epoch FROM min(first)) * 1000)::float8 AS "firstAt",
         (extract(epoch FROM max(last)) * 1000)::float8 AS "lastAt",
         (array_agg(DISTINCT source_ip) FILTER (WHERE source_ip IS NOT NULL))[1:10] AS "sourceIps",
         (array_agg(DISTINCT invoked_by) FILTER (WHERE invoked_by IS NOT NULL))[1:5] AS services
       FROM uses GROUP BY 1) u USING (principal)
     ORDER BY u.events DESC, principal LIMIT ${usersMax}`,
    await idOrAny(tx, 'key', key),
  );
  const users = await namedRows(tx, rows, {
    principal: 'principal',
    name: 'caller',
    operations: 'word',
    services: 'word',
  });
  const ours = await readOurs(tx);
  const named = users.map(({ operations, counts, services, ...row }) => ({
    ...row,
    ours: ours.has(row.principal),
    operations: Object.fromEntries(operations.map((operation, no) => [operation, counts[no] ?? 0])),
    services: services?.sort() ?? null,
  }));
  return named.sort((a, b) => b.events - a.events || byText(a.principal, b.principal));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type UserIds = Omit<KeyUserRow, 'principal' | 'name' | 'ours' | 'operations' | 'services'> & {
  principal: number;
  name: number;
  operations: number[];
  /** Of each operation, in the same order. */
  counts: number[];
  services: number[] | null;
};

/** A workspace whose data keys a key wraps, by its calls. */
export interface KeyWorkspaceRow {
  workspace: string;
  calls: number;
  deks: number;
  lastAt: number;
}

const workspacesMax = 1_000;

/** Workspaces under a key, the ones that ask most first, as far as calls are kept one by one. */
export async function readKeyWorkspaces(tx: Tx, key: string): Promise<KeyWorkspaceRow[]> {
  const validate = (await idsOf(tx, 'word', ['validate'])).get('validate') ?? -1;
  const rows = await tx.$queryRawUnsafe<
    (Omit<KeyWorkspaceRow, 'workspace'> & { workspace: number })[]
  >(
    `SELECT workspace, sum(n)::float8 AS calls, count(*)::float8 AS deks,
       (extract(epoch FROM max(last)) * 1000)::float8 AS "lastAt"
     FROM (SELECT workspace, dek, count(*) AS n, max(at) AS last FROM call WHERE key = $1::int AND cause <> $2::int
       GROUP BY 1, 2) d
     GROUP BY 1 ORDER BY calls DESC, workspace LIMIT ${workspacesMax}`,
    await idOrAny(tx, 'key', key),
    validate,
  );
  const named = await namedRows(tx, rows, { workspace: 'workspace' });
  return named.sort((a, b) => b.calls - a.calls || byText(a.workspace, b.workspace));
}
