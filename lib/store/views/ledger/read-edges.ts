import type { ExplainFilter } from '../../../shared/dto.ts';
import { dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';

export interface Edges {
  /** Attempts of the window whose event lies outside it. */
  attempts: number;
  /** Events of the window whose attempt lies outside it. */
  events: number;
}

const reach = "interval '1 hour'";

const ofAttempts = `($3::text IS NULL OR workspace = $3::text) AND ($4::text IS NULL OR key = $4::text)
  AND ($5::text IS NULL OR process = $5::text)`;
const ofEvents = ofAttempts.replaceAll(/\b(workspace|key|process) =/g, 'e.$1 =');
/** Pairs with their events, whose workspace and key are asked for, and the attempt's process. */
const pairs = `(SELECT e.at, p.at AS attempt_at, e.workspace, e.key, n.name AS process
  FROM pair p JOIN audit_event e ON e.key_id = p.event_key AND e.at = p.event_at AND e.event_id = p.event_id
  JOIN dimension n ON n.kind = ${dimensions.process} AND n.id = p.process`;

/** Pairs that the window's edges part; an attempt and its event are at most an hour from each other. */
export async function readEdges(
  tx: Tx,
  query: { from: number; to: number; filter: ExplainFilter },
): Promise<Edges> {
  // Pairs are a matter of calls, which are no principal's.
  if (query.filter.principal !== undefined) return { attempts: 0, events: 0 };
  const rows = await tx.$queryRawUnsafe<Edges[]>(
    `SELECT
      (SELECT count(*) FROM kms_attempt WHERE at >= $1::timestamptz AND at < $1::timestamptz + ${reach}
         AND at < $2::timestamptz AND event_at < $1::timestamptz AND ${ofAttempts})::float8
      + (SELECT count(*) FROM kms_attempt WHERE at >= $2::timestamptz - ${reach} AND at < $2::timestamptz
         AND at >= $1::timestamptz AND event_at >= $2::timestamptz AND ${ofAttempts})::float8 AS attempts,
      (SELECT count(*) FROM ${pairs} WHERE e.at >= $1::timestamptz AND e.at < $1::timestamptz + ${reach}
         AND e.at < $2::timestamptz AND p.at < $1::timestamptz) e WHERE ${ofEvents})::float8
      + (SELECT count(*) FROM ${pairs} WHERE e.at >= $2::timestamptz - ${reach} AND e.at < $2::timestamptz
         AND e.at >= $1::timestamptz AND p.at >= $2::timestamptz) e WHERE ${ofEvents})::float8 AS events`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.filter.workspace ?? null,
    query.filter.key ?? null,
    query.filter.process ?? null,
  );
  return rows[0] ?? { attempts: 0, events: 0 };
}
