import type { KeyFilter } from '../../../domain/key-filter.ts';
import { idOrAny } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { keyIdsOrAny } from '../key-names.ts';

export interface Edges {
  /** Attempts of the window whose event lies outside it. */
  attempts: number;
  /** Events of the window whose attempt lies outside it. */
  events: number;
}

/** Nearly all pairs are as near as this; an index has the others. */
const nearMs = 15_000;
const reachMs = 3_600_000;
const none: Edges = { attempts: 0, events: 0 };

/**
 * Pairs that the window's edges part; an attempt and its event are at most an hour from each other. An attempt counts
 * under its own key, its event under the log's, and both under the workspace of each.
 */
export async function readEdges(
  tx: Tx,
  query: { from: number; to: number; filter: KeyFilter },
): Promise<Edges> {
  const { keys, workspace, process, principal } = query.filter;
  // Pairs are about calls, which belong to no principal.
  if (principal !== undefined) return none;
  const { from, to } = query;
  const iso = (...instants: number[]) => instants.map((at) => new Date(at).toISOString());
  const [row] = await tx.$queryRawUnsafe<Edges[]>(
    sql,
    ...iso(from, to),
    await keyIdsOrAny(tx, keys),
    await idOrAny(tx, 'workspace', workspace),
    await idOrAny(tx, 'process', process),
    ...iso(from - nearMs, from + nearMs, to - nearMs, to + nearMs),
    ...iso(from - reachMs, from + reachMs, to - reachMs, to + reachMs),
  );
  return row ?? none;
}

const inWindow = (at: string) => `(${at} >= $1::timestamptz AND ${at} < $2::timestamptz)`;
/** Pairs near one edge of which one half alone is in the window, under their event's key; its bounds are given. */
const partedAt = (edge: string, [from, to]: readonly [string, string], fit = 'TRUE') =>
  `SELECT p.* FROM pair p WHERE p.event_at >= ${from}::timestamptz AND p.event_at < ${to}::timestamptz
     AND p.at >= ${from}::timestamptz AND p.at < ${to}::timestamptz AND ${fit}
     AND (p.at < ${edge}::timestamptz) <> (p.event_at < ${edge}::timestamptz)
     AND ${inWindow('p.at')} <> ${inWindow('p.event_at')} AND p.key = p.event_key`;
/** As the index has them. */
const isWide = `(p.event_at - p.at) NOT BETWEEN interval '-${nearMs / 1_000} seconds'
     AND interval '${nearMs / 1_000} seconds'`;
/** Of those that fit: whose attempt or event is the workspace's. */
const ofWorkspace = (table: string, place: readonly string[]) =>
  `CROSS JOIN LATERAL (SELECT t.key FROM ${table} t WHERE ($4::int IS NULL OR t.workspace = $4::int)
     AND ${place.map((column) => `t.${column}`).join(' AND ')} ORDER BY t.key) t`;
const ofAttempt = ['process', 'boot', 'seq', 'attempt'].map((column) => `${column} = p.${column}`);

const sql = `WITH parted AS MATERIALIZED (SELECT * FROM (${partedAt('$1', ['$6', '$7'])}
      UNION ${partedAt('$2', ['$8', '$9'])}
      UNION ${partedAt('$1', ['$10', '$11'], isWide)}
      UNION ${partedAt('$2', ['$12', '$13'], isWide)}) p WHERE $5::int IS NULL OR p.process = $5::int),
    tried AS (SELECT count(*) AS n FROM parted p
      ${ofWorkspace('attempt', ['key = p.attempt_key', 'at = p.at', ...ofAttempt])}
      WHERE ${inWindow('p.at')} AND ($3::int[] IS NULL OR p.attempt_key = ANY($3::int[]))),
    logged AS (SELECT count(*) AS n FROM parted p
      ${ofWorkspace('event', ['key = p.event_key', 'at = p.event_at', 'id = p.event_id'])}
      WHERE ${inWindow('p.event_at')} AND ($3::int[] IS NULL OR p.event_key = ANY($3::int[])))
  SELECT tried.n::float8 AS attempts, logged.n::float8 AS events FROM tried, logged`;
