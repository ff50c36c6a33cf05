import type { EventView } from '../../../shared/dto.ts';
import type { Tx } from '../../connection/transaction.ts';
import { unpacked } from '../../records/raw-blocks.ts';

/** `state` as the join left it, before it is known whose principal made the event. */
export type AuditEventRow = EventView & { source: string; raw: string };

type Row = EventView & { source: string; records: Uint8Array; rawNo: number };

/** One audit event with its raw record, or undefined. */
export async function readAuditEvent(
  tx: Tx,
  id: { eventId: string; at: number },
): Promise<AuditEventRow | undefined> {
  const rows = await tx.$queryRawUnsafe<Row[]>(
    `SELECT v.event_id AS "eventId", (extract(epoch FROM v.at) * 1000)::float8 AS at, v.operation, v.key, v.principal,
       v.principal_name AS "principalName", v.session, v.request_id AS "requestId", v.error_code AS "errorCode",
       v.source_ip AS "sourceIp", v.state, v.source, b.records, v.raw_no AS "rawNo"
     FROM audit_event v JOIN raw_block b ON b.key = v.key_id AND b.at = date_trunc('day', v.at, 'UTC') AND b.no = v.raw_block
     WHERE v.event_id = $1 AND v.at = $2::timestamptz`,
    id.eventId,
    new Date(id.at).toISOString(),
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { records, rawNo, ...event } = row;
  return { ...event, raw: unpacked(records)[rawNo] ?? '' };
}
