import { type KmsAction, operationsOf } from '../../domain/kms-operations.ts';
import { idsOf, namesOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { methodCode, stateCode } from '../records/event-states.ts';
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

/** What may be joined by time: of one key, by all of its names, and one action; epoch ms. */
export interface AssignableSpan {
  keys: readonly string[];
  action: KmsAction;
  from: number;
  to: number;
}

export interface AssignableAttempt extends AttemptCandidate {
  /** By which it is sorted and named. */
  id: string;
  /** Null where no answer tells: of what was not understood, the server may think otherwise. */
  ok: boolean | null;
}

export interface AssignableEvent extends EventCandidate {
  resolutionMs: number;
}

const rowsMax = 20_000;
const dayMs = 86_400_000;
const assignment = methodCode('assignment');
const unclaimed = stateCode('unclaimed');
const matched = stateCode('matched');
/** An index has these in their order, those of several keys it has not. */
const ofFirst = 'key = ($1::int[])[1]';
const within = (what: 'action' | 'operation', ofKey = 'key = ANY($1::int[])') =>
  `${ofKey} AND ${what} = ANY($2::int[]) AND at >= $3::timestamptz AND at <= $4::timestamptz`;
const ofEvent = 'p.key = e.key AND p.event_key = e.key AND p.event_at = e.at AND p.event_id = e.id';
const assignable = `e.role = 0 AND (e.state = ${unclaimed} OR e.state = ${matched} AND p.method = ${assignment})`;

/** Whether telemetry has told of any attempt. */
export async function hasAttempts(tx: Tx): Promise<boolean> {
  const [row] = await tx.$queryRawUnsafe<{ found: boolean }[]>(
    'SELECT EXISTS (SELECT 1 FROM attempt LIMIT 1) AS found',
  );
  return row?.found === true;
}

/** Attempts that were sent and that no id or claim has joined. */
export async function readAssignableAttempts(
  tx: Tx,
  span: AssignableSpan,
): Promise<AssignableAttempt[]> {
  const values = await valuesOf(tx, span, operationsOf(span.action));
  const rows = await tx.$queryRawUnsafe<AttemptRow[]>(
    `SELECT ${attemptColumns} FROM (SELECT * FROM attempt WHERE ${within('operation')} AND sent) a
     LEFT JOIN pair p ON p.key = a.key AND p.attempt_key = a.key AND p.at = a.at AND p.process = a.process
       AND p.boot = a.boot AND p.seq = a.seq AND p.attempt = a.attempt
     WHERE p.method IS NULL OR p.method = ${assignment} ORDER BY a.at LIMIT ${rowsMax}`,
    ...values,
  );
  const attempts = await attemptCandidates(tx, rows);
  return attempts
    .map((row) => ({
      ...row,
      id: [row.process, row.boot, row.seq, row.attempt].join(' '),
      ok: okOf(row.outcome),
    }))
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Uses without a claim by principals that are ours and do not claim, and those that are joined by time already. */
export async function readAssignableEvents(
  tx: Tx,
  span: AssignableSpan,
): Promise<AssignableEvent[]> {
  const values = await valuesOf(tx, span, [span.action]);
  const rows = await tx.$queryRawUnsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM (SELECT * FROM event WHERE ${within('action')}) e LEFT JOIN pair p ON ${ofEvent}
     WHERE ${assignable} ORDER BY e.at, e.id LIMIT ${rowsMax}`,
    ...values,
  );
  return (await eventCandidates(tx, rows)).map((event) => ({
    ...event,
    resolutionMs: event.resolutionMs ?? resolutionMsUsual,
  }));
}

/** Of CloudTrail. */
const resolutionMsUsual = 1_000;

const okOf = (outcome: string): boolean | null =>
  outcome === 'ok' ? true : outcome === 'denied' ? false : null;

async function valuesOf(
  tx: Tx,
  { keys, from, to }: AssignableSpan,
  words: readonly string[],
): Promise<[keys: number[], words: number[], from: string, to: string]> {
  const keyIds = [...(await idsOf(tx, 'key', keys)).values()];
  const wordIds = [...(await idsOf(tx, 'word', words)).values()];
  return [keyIds, wordIds, new Date(from).toISOString(), new Date(to).toISOString()];
}

const sampleMax = 200;

/** The newest uses of the first key by one caller until `to`, joined or not: what tells whether it is one of ours. */
export async function readSample(
  tx: Tx,
  { principal, ...span }: { principal: string } & Omit<AssignableSpan, 'from'>,
): Promise<{ at: number; resolutionMs: number; ok: boolean }[]> {
  const values = await valuesOf(tx, { ...span, from: span.to - dayMs }, [span.action]);
  const principalId = (await idsOf(tx, 'principal', [principal])).get(principal) ?? -1;
  return tx.$queryRawUnsafe<{ at: number; resolutionMs: number; ok: boolean }[]>(
    `SELECT (extract(epoch FROM at) * 1000)::float8 AS at, (facts->>'resolutionMs')::float8 AS "resolutionMs",
       error_code IS NULL AS ok
     FROM event WHERE ${within('action', ofFirst)} AND role = 0 AND principal = $5::int AND facts->>'resolutionMs' IS NOT NULL
     ORDER BY at DESC LIMIT ${sampleMax}`,
    ...values,
    principalId,
  );
}

/** Every attempt of the first key that was sent in the span, joined or not. */
export async function readSentAttempts(
  tx: Tx,
  span: AssignableSpan,
): Promise<{ sentAt: number; endedAt: number; ok: boolean | null }[]> {
  const rows = await tx.$queryRawUnsafe<{ sentAt: number; endedAt: number; outcome: number }[]>(
    `SELECT (extract(epoch FROM sent_at) * 1000)::float8 AS "sentAt",
       (extract(epoch FROM sent_at) * 1000 + duration_ms)::float8 AS "endedAt", outcome
     FROM attempt WHERE ${within('operation', ofFirst)} AND sent ORDER BY at, process, boot, seq, attempt LIMIT ${rowsMax}`,
    ...(await valuesOf(tx, span, operationsOf(span.action))),
  );
  const words = await namesOf(
    tx,
    'word',
    rows.map(({ outcome }) => outcome),
  );
  return rows.map(({ outcome, ...row }) => ({ ...row, ok: okOf(words.get(outcome) ?? '') }));
}

/** Where events of these principals or keys lie that time may join or has joined. */
export async function readAssignablePlaces(
  tx: Tx,
  dimension: 'principal' | 'key',
  named: readonly string[],
): Promise<{ key: string; action: KmsAction; at: number }[]> {
  if (named.length === 0) return [];
  const ids = await idsOf(tx, dimension, named);
  const rows = await tx.$queryRawUnsafe<{ key: number; action: number; at: number }[]>(
    `SELECT DISTINCT e.key, e.action, (extract(epoch FROM date_trunc('minute', e.at)) * 1000)::float8 AS at
     FROM event e LEFT JOIN pair p ON ${ofEvent}
     WHERE e.${dimension} = ANY($1::int[]) AND e.key <> 0 AND ${assignable} LIMIT ${rowsMax}`,
    [...ids.values()],
  );
  const keys = await namesOf(
    tx,
    'key',
    rows.map(({ key }) => key),
  );
  const labels = await namesOf(
    tx,
    'word',
    rows.map(({ action }) => action),
  );
  return rows.map(({ key, action, at }) => ({
    key: keys.get(key) ?? '',
    // The column holds what intake wrote: an action.
    action: labels.get(action) as KmsAction,
    at,
  }));
}
