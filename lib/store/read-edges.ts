import type { Tx } from './transaction.ts';

export interface Edges {
  /** Attempts of the window whose event lies outside it. */
  attempts: number;
  /** Events of the window whose attempt lies outside it. */
  events: number;
}

const reach = "interval '1 hour'";

/** Pairs that the window's edges part; an attempt and its event are at most an hour from each other. */
export async function readEdges(tx: Tx, window: { from: number; to: number }): Promise<Edges> {
  const rows = await tx.$queryRawUnsafe<Edges[]>(
    `SELECT
      (SELECT count(*) FROM kms_attempt WHERE at >= $1::timestamptz AND at < $1::timestamptz + ${reach}
         AND at < $2::timestamptz AND event_at < $1::timestamptz)::float8
      + (SELECT count(*) FROM kms_attempt WHERE at >= $2::timestamptz - ${reach} AND at < $2::timestamptz
         AND at >= $1::timestamptz AND event_at >= $2::timestamptz)::float8 AS attempts,
      (SELECT count(*) FROM audit_event WHERE at >= $1::timestamptz AND at < $1::timestamptz + ${reach}
         AND at < $2::timestamptz AND attempt_at < $1::timestamptz)::float8
      + (SELECT count(*) FROM audit_event WHERE at >= $2::timestamptz - ${reach} AND at < $2::timestamptz
         AND at >= $1::timestamptz AND attempt_at >= $2::timestamptz)::float8 AS events`,
    new Date(window.from).toISOString(),
    new Date(window.to).toISOString(),
  );
  return rows[0] ?? { attempts: 0, events: 0 };
}
