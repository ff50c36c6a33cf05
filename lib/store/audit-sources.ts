import type { Tx } from './transaction.ts';

export interface AuditSourceRow {
  id: string;
  kind: string;
  status: string;
  message: string | null;
  cursorAt: number | null;
  polledAt: number | null;
  coveredUntil: number | null;
  /** The longest (first seen - event time) of the newest events and a tenth more, ms; null below 20 of them. */
  lagMs: number | null;
}

const ms = (column: string, name: string) =>
  `(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;
const lagSample = 2_000;
const lagSampleMin = 20;

/** Every audit source with how far it was read and the delivery lag learnt from its own events. */
export function readAuditSources(tx: Tx): Promise<AuditSourceRow[]> {
  return tx.$queryRawUnsafe<AuditSourceRow[]>(
    `SELECT s.id, s.kind, s.status, s.message, ${ms('s.cursor_at', 'cursorAt')}, ${ms('s.polled_at', 'polledAt')},
       ${ms('s.covered_until', 'coveredUntil')},
       (SELECT CASE WHEN count(*) >= ${lagSampleMin} THEN max(lag) * 1.1 END
        FROM (SELECT (extract(epoch FROM (e.seen_at - e.at)) * 1000)::float8 AS lag FROM audit_event e
              WHERE e.source = s.id AND e.seen_at IS NOT NULL AND e.at >= s.polled_at - interval '1 day'
              ORDER BY e.at DESC LIMIT ${lagSample}) recent) AS "lagMs"
     FROM audit_source s ORDER BY s.id`,
  );
}

/** Records a source's progress; what is null stays as it was, and `coveredUntil` never goes back. */
export async function writeAuditSource(
  tx: Tx,
  source: Omit<AuditSourceRow, 'lagMs'> & { updatedAt: number },
): Promise<void> {
  const at = (instant: number | null) =>
    instant === null ? null : new Date(instant).toISOString();
  await tx.$executeRawUnsafe(
    `INSERT INTO audit_source (id, kind, status, message, cursor_at, polled_at, covered_until, updated_at)
     VALUES ($1, $2, $3, $4, $5::timestamptz, $6::timestamptz, $7::timestamptz, $8::timestamptz)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, message = excluded.message,
       cursor_at = coalesce(excluded.cursor_at, audit_source.cursor_at),
       polled_at = coalesce(excluded.polled_at, audit_source.polled_at),
       covered_until = greatest(excluded.covered_until, audit_source.covered_until),
       updated_at = excluded.updated_at`,
    source.id,
    source.kind,
    source.status,
    source.message,
    at(source.cursorAt),
    at(source.polledAt),
    at(source.coveredUntil),
    at(source.updatedAt),
  );
}
