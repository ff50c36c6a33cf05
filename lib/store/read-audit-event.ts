import type { EventView } from '../shared/dto.ts';
import type { Tx } from './transaction.ts';

/** `state` as the join left it, before it is known whose principal made the event. */
export type AuditEventRow = EventView & { source: string; raw: string };

/** One audit event with its raw record, or undefined. */
export async function readAuditEvent(
  tx: Tx,
  id: { eventId: string; at: number },
): Promise<AuditEventRow | undefined> {
  const rows = await tx.$queryRawUnsafe<AuditEventRow[]>(
    `SELECT event_id AS "eventId", (extract(epoch FROM at) * 1000)::float8 AS at, operation, key, principal,
       principal_name AS "principalName", session, request_id AS "requestId", error_code AS "errorCode",
       source_ip AS "sourceIp", state, source, raw
     FROM audit_event WHERE event_id = $1 AND at = $2::timestamptz`,
    id.eventId,
    new Date(id.at).toISOString(),
  );
  return rows[0];
}
