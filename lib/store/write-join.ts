import { recordset, type Tx } from './transaction.ts';

export interface EventChange {
  eventId: string;
  at: number;
  state: string;
  process: string | null;
  boot: string | null;
  seq: number | null;
  attempt: number | null;
  attemptAt: number | null;
  method: string | null;
  /** Of a pair that only time joined; null of one that is sure. */
  confidence: number | null;
  /** It shows that its caller is one of ours. */
  proves: boolean;
}

export interface AttemptChange {
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  at: number;
  eventId: string | null;
  eventAt: number | null;
  method: string | null;
}

const instants = ['at', 'attemptAt', 'eventAt'];

/**
 * Writes what the join decided; a principal with an event that proves it is ours from then on, and one whose such
 * events carry claims is known to claim. Where logs name one differently, the greatest name stays: an ARN before an
 * account's number, whichever came first.
 */
export async function writeJoin(
  tx: Tx,
  changes: { events: readonly EventChange[]; attempts: readonly AttemptChange[] },
): Promise<void> {
  if (changes.events.length > 0) {
    const rows = recordset(changes.events, instants);
    await tx.$executeRawUnsafe(
      `UPDATE audit_event e SET state = r.state, attempt_process = r.process, attempt_boot = r.boot,
         attempt_seq = r.seq, attempt_no = r.attempt, attempt_at = r."attemptAt", join_method = r.method,
         join_confidence = r.confidence
       FROM jsonb_to_recordset($1::jsonb) AS r("eventId" text, at timestamptz(3), state text, process text, boot text,
         seq bigint, attempt int, "attemptAt" timestamptz(3), method text, confidence real)
       WHERE e.event_id = r."eventId" AND e.at = r.at`,
      rows,
    );
    await tx.$executeRawUnsafe(
      `INSERT INTO principal (provider, id, name, ours, claims, first_seen_at)
       SELECT e.provider, e.principal, max(e.principal_name), bool_or(r.proves),
         bool_or(r.proves AND e.claim_process IS NOT NULL), min(e.at)
       FROM audit_event e JOIN jsonb_to_recordset($1::jsonb) AS r("eventId" text, at timestamptz(3), proves boolean)
         ON e.event_id = r."eventId" AND e.at = r.at
       GROUP BY e.provider, e.principal
       ON CONFLICT (provider, id) DO UPDATE SET ours = principal.ours OR excluded.ours,
         claims = principal.claims OR excluded.claims,
         name = greatest(principal.name, excluded.name),
         first_seen_at = least(principal.first_seen_at, excluded.first_seen_at)`,
      rows,
    );
  }
  if (changes.attempts.length === 0) return;
  await tx.$executeRawUnsafe(
    `UPDATE kms_attempt a SET event_id = r."eventId", event_at = r."eventAt", join_method = r.method
     FROM jsonb_to_recordset($1::jsonb) AS r(process text, boot text, seq bigint, attempt int, at timestamptz(3),
       "eventId" text, "eventAt" timestamptz(3), method text)
     WHERE a.process = r.process AND a.boot = r.boot AND a.seq = r.seq AND a.attempt = r.attempt AND a.at = r.at`,
    recordset(changes.attempts, instants),
  );
}

/** Says of callers that they are ours: told by when their events were. */
export async function markOurs(tx: Tx, principals: readonly string[]): Promise<void> {
  await tx.$executeRawUnsafe(
    'UPDATE principal SET ours = TRUE WHERE id = ANY($1::text[])',
    principals,
  );
}
