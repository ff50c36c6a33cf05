import type { KeyFilter } from '../../../domain/key-filter.ts';
import type { Tx } from '../../connection/transaction.ts';
import { revocationsIn } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';

/** A key made unusable, and what the log shows of it from then until it was made usable again. */
export interface KeyRevocation {
  operation: string;
  key: string;
  at: number;
  /** The last request that succeeded after it; null where none did. */
  lastSuccessAt: number | null;
  /** The first that was denied after it. */
  firstDenialAt: number | null;
}

const revocationsMax = 100;

/** Keys disabled, or scheduled for deletion, in `[from, to)`; oldest first. */
export async function readRevocations(
  tx: Tx,
  query: { from: number; to: number; filter: KeyFilter },
): Promise<KeyRevocation[]> {
  if (isEventLog(tx)) return revocationsIn(tx, { ...query, most: revocationsMax });
  return tx.$queryRawUnsafe<KeyRevocation[]>(
    `WITH revoked AS MATERIALIZED (SELECT operation, key, key_id, at, event_id FROM audit_event
         WHERE at >= $1::timestamptz AND at < $2::timestamptz AND key IS NOT NULL AND ($3::text[] IS NULL OR key = ANY($3::text[]))
           AND state = 'other' AND error_code IS NULL AND action IN ('disable', 'schedule')
         ORDER BY at, event_id LIMIT $4::int),
       again AS MATERIALIZED (SELECT r.event_id, r.at, min(e.at) AS ends FROM revoked r
         CROSS JOIN LATERAL (SELECT at FROM audit_event e WHERE e.key_id = r.key_id AND e.at > r.at
           AND e.action IN ('enable', 'cancel') AND e.error_code IS NULL ORDER BY e.key_id) e GROUP BY 1, 2),
       spans AS MATERIALIZED (SELECT r.*, coalesce(a.ends, 'infinity'::timestamptz) AS ends
         FROM revoked r LEFT JOIN again a USING (event_id, at)),
       seen AS MATERIALIZED (SELECT s.event_id, s.at, max(e.at) FILTER (WHERE e.error_code IS NULL) AS ok,
           min(e.at) FILTER (WHERE e.error_code IS NOT NULL) AS denied FROM spans s
         CROSS JOIN LATERAL (SELECT at, error_code FROM key_event e WHERE e.key_id = s.key_id AND e.at > s.at
           AND e.at < s.ends AND e.state NOT IN ('other', 'copy') ORDER BY e.key_id) e GROUP BY 1, 2)
     SELECT r.operation, r.key, ${ms('r.at')} AS at, ${ms('s.ok')} AS "lastSuccessAt", ${ms('s.denied')} AS "firstDenialAt"
     FROM revoked r LEFT JOIN seen s USING (event_id, at) ORDER BY r.at`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.filter.keys ?? null,
    revocationsMax,
  );
}

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
