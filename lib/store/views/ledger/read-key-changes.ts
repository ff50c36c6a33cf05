import type { ExplainFilter } from '../../../shared/dto.ts';
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
  query: { from: number; to: number; filter: ExplainFilter },
): Promise<KeyRevocation[]> {
  if (isEventLog(tx)) return revocationsIn(tx, { ...query, most: revocationsMax });
  return tx.$queryRawUnsafe<KeyRevocation[]>(
    `SELECT r.operation, r.key, ${ms('r.at')} AS at, ${ms('seen.ok')} AS "lastSuccessAt", ${ms('seen.denied')} AS "firstDenialAt"
     FROM (SELECT operation, key, at FROM audit_event WHERE at >= $1::timestamptz AND at < $2::timestamptz
         AND key IS NOT NULL AND ($3::text IS NULL OR key = $3::text) AND state = 'other' AND error_code IS NULL
         AND action IN ('disable', 'schedule')
       ORDER BY at, event_id LIMIT $4::int) r
     CROSS JOIN LATERAL (SELECT min(at) AS at FROM audit_event e WHERE e.key = r.key AND e.at > r.at
         AND e.action IN ('enable', 'cancel') AND e.error_code IS NULL) again
     CROSS JOIN LATERAL (SELECT max(e.at) FILTER (WHERE e.error_code IS NULL) AS ok,
         min(e.at) FILTER (WHERE e.error_code IS NOT NULL) AS denied
       FROM key_event e WHERE e.key = r.key AND e.at > r.at
         AND e.at < coalesce(again.at, 'infinity'::timestamptz) AND e.state NOT IN ('other', 'copy')) seen
     ORDER BY r.at`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.filter.key ?? null,
    revocationsMax,
  );
}

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
