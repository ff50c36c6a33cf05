import { idsOf, namesOf } from '../intern.ts';
import { methodCode, stateCode } from '../records/event-states.ts';
import type { Tx } from '../transaction.ts';
import {
  type AttemptCandidate,
  type AttemptRow,
  attemptCandidates,
  attemptColumns,
  type EventCandidate,
  type EventRow,
  eventCandidates,
  eventColumns,
} from './candidates.ts';

/** What may be joined by time: of one key and operation, epoch ms. */
export interface AssignableSpan {
  key: string;
  operation: string;
  from: number;
  to: number;
}

export interface AssignableAttempt extends AttemptCandidate {
  /** Sorts and names it. */
  id: string;
  sentAt: number;
  endedAt: number;
}

const rowsMax = 20_000;
const assignment = methodCode('assignment');
const unclaimed = stateCode('unclaimed');
const matched = stateCode('matched');
const within = `key = $1::int AND operation = $2::int AND at >= $3::timestamptz AND at <= $4::timestamptz`;
const ofEvent = 'p.key = e.key AND p.event_key = e.key AND p.event_at = e.at AND p.event_id = e.id';
const assignable = `e.role = 0 AND (e.state = ${unclaimed} OR e.state = ${matched} AND p.method = ${assignment})`;

/** Attempts that were sent and that no id or claim has joined. */
export async function readAssignableAttempts(
  tx: Tx,
  span: AssignableSpan,
): Promise<AssignableAttempt[]> {
  const values = await valuesOf(tx, span);
  if (values === null) return [];
  const rows = await tx.$queryRawUnsafe<(AttemptRow & { sentAt: number; endedAt: number })[]>(
    `SELECT ${attemptColumns}, (extract(epoch FROM a.sent_at) * 1000)::float8 AS "sentAt",
       (extract(epoch FROM a.sent_at) * 1000 + a.duration_ms)::float8 AS "endedAt"
     FROM (SELECT * FROM attempt WHERE ${within} AND sent) a
     LEFT JOIN pair p ON p.key = a.key AND p.attempt_key = a.key AND p.at = a.at AND p.process = a.process
       AND p.boot = a.boot AND p.seq = a.seq AND p.attempt = a.attempt
     WHERE p.method IS NULL OR p.method = ${assignment} ORDER BY a.at LIMIT ${rowsMax}`,
    ...values,
  );
  const attempts = await attemptCandidates(tx, rows);
  return attempts
    .map((row, no) => {
      const { sentAt = 0, endedAt = 0 } = rows[no] ?? {};
      const id = [row.process, row.boot, row.seq, row.attempt].join(' ');
      return { ...row, id, sentAt, endedAt };
    })
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Uses without a claim by principals that are ours and do not claim, and those that are joined by time already. */
export async function readAssignableEvents(
  tx: Tx,
  span: AssignableSpan,
): Promise<EventCandidate[]> {
  const values = await valuesOf(tx, span);
  if (values === null) return [];
  const rows = await tx.$queryRawUnsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM (SELECT * FROM event WHERE ${within}) e LEFT JOIN pair p ON ${ofEvent}
     WHERE ${assignable} ORDER BY e.at, e.id LIMIT ${rowsMax}`,
    ...values,
  );
  return eventCandidates(tx, rows);
}

/** Null where no row has such a key or operation. */
async function valuesOf(
  tx: Tx,
  { key, operation, from, to }: AssignableSpan,
): Promise<unknown[] | null> {
  const keyId = (await idsOf(tx, 'key', [key])).get(key);
  const operationId = (await idsOf(tx, 'label', [operation])).get(operation);
  if (keyId === undefined || operationId === undefined) return null;
  return [keyId, operationId, new Date(from).toISOString(), new Date(to).toISOString()];
}

/** Where events of these principals lie that time may join or has joined. */
export async function readAssignablePlaces(
  tx: Tx,
  principals: readonly string[],
): Promise<{ key: string; operation: string; at: number }[]> {
  const ids = await idsOf(tx, 'principal', principals);
  const rows = await tx.$queryRawUnsafe<{ key: number; operation: number; at: number }[]>(
    `SELECT DISTINCT e.key, e.operation, (extract(epoch FROM date_trunc('minute', e.at)) * 1000)::float8 AS at
     FROM event e LEFT JOIN pair p ON ${ofEvent}
     WHERE e.principal = ANY($1::int[]) AND e.key <> 0 AND ${assignable} LIMIT ${rowsMax}`,
    [...ids.values()],
  );
  const keys = await namesOf(
    tx,
    'key',
    rows.map(({ key }) => key),
  );
  const labels = await namesOf(
    tx,
    'label',
    rows.map(({ operation }) => operation),
  );
  return rows.map(({ key, operation, at }) => ({
    key: keys.get(key) ?? '',
    operation: labels.get(operation) ?? '',
    at,
  }));
}
