/** Attempts and events as the join sees them: what identifies them, what the roll-ups count of them, their pair. */
import type { ClaimPlace } from '../../domain/audit-record.ts';
import type { EventState, JoinMethod } from '../../domain/fates.ts';
import type { KmsAction } from '../../domain/kms-operations.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { type Dimension, namesOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { methodOf, stateOf } from '../records/event-states.ts';

/** An attempt's place in the store, with its names. */
export interface AttemptPlace {
  key: string;
  at: number;
  process: string;
  boot: string;
  seq: number;
  attempt: number;
}

/** An attempt that may join, with the event it is joined to so far. */
export interface AttemptCandidate extends AttemptPlace {
  workspace: string;
  operation: string;
  sent: boolean;
  sentAt: number;
  endedAt: number;
  outcome: string;
  status: number | null;
  errorCode: string | null;
  requestId: string | null;
  pair: { eventId: string; eventKey: string; method: JoinMethod } | null;
}

export interface EventCandidate {
  eventId: string;
  at: number;
  key: string | null;
  otherKeys: readonly string[];
  operation: string;
  action: KmsAction;
  provider: string;
  principal: string;
  principalName: string;
  workspace: string | null;
  account: string | null;
  recipientAccount: string | null;
  requestId: string | null;
  sharedEventId: string | null;
  claim: { process: string; boot: string; seq: number; attempt: number } | null;
  claimIn: ClaimPlace | null;
  /** What the log's own digits leave open; null where it is not told. */
  resolutionMs: number | null;
  /** Whether it succeeded. */
  ok: boolean;
  /** Null of an event that is not stored yet. */
  state: EventState | null;
  pair: (AttemptPlace & { method: JoinMethod; confidence: number | null }) | null;
}

/** The store has an id at two times as two events. */
export const eventKey = ({ eventId, at }: { eventId: string; at: number }): string =>
  tupleKey(eventId, at);

const ms = (column: string, name: string) =>
  `(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;

export interface EventRow {
  eventId: string;
  at: number;
  key: number;
  otherKeys: number[] | null;
  operation: number;
  action: number;
  provider: number;
  principal: number;
  principalName: number;
  workspace: number | null;
  account: number | null;
  recipientAccount: number | null;
  requestId: string | null;
  sharedEventId: string | null;
  claimProcess: number | null;
  claimBoot: number | null;
  claimSeq: number | null;
  claimAttempt: number | null;
  claimIn: ClaimPlace | null;
  resolutionMs: number | null;
  ok: boolean;
  state: number;
  pairKey: number | null;
  pairAt: number | null;
  pairProcess: number | null;
  pairBoot: number | null;
  pairSeq: number | null;
  pairAttempt: number | null;
  pairMethod: number | null;
  pairConfidence: number | null;
}

/** Of an event `e` and its pair `p`. */
export const eventColumns = `e.id AS "eventId", ${ms('e.at', 'at')}, e.key, e.other_keys AS "otherKeys", e.operation, e.action, e.provider,
  e.principal, e.principal_name AS "principalName", e.workspace,
  e.account, e.recipient_account AS "recipientAccount", e.request_id AS "requestId",
  e.shared_event_id AS "sharedEventId", e.claim_process AS "claimProcess",
  e.claim_boot AS "claimBoot", e.claim_seq::float8 AS "claimSeq", e.claim_attempt AS "claimAttempt", e.state,
  p.attempt_key AS "pairKey", ${ms('p.at', 'pairAt')}, p.process AS "pairProcess", p.boot AS "pairBoot",
  p.seq::float8 AS "pairSeq", p.attempt AS "pairAttempt", p.method AS "pairMethod", p.confidence::float8 AS "pairConfidence",
  e.facts->>'claimIn' AS "claimIn", (e.facts->>'resolutionMs')::float8 AS "resolutionMs", e.error_code IS NULL AS ok`;

/** Rows of `eventColumns` with their names. */
export async function eventCandidates(
  tx: Tx,
  rows: readonly EventRow[],
): Promise<EventCandidate[]> {
  const of = async (dimension: Dimension, ids: (row: EventRow) => (number | null)[]) => {
    const names = await namesOf(
      tx,
      dimension,
      rows.flatMap((row) => ids(row).flatMap((id) => id ?? [])),
    );
    return (id: number) => names.get(id) ?? '';
  };
  const key = await of('key', (row) => [row.key, row.pairKey, ...(row.otherKeys ?? [])]);
  const label = await of('word', (row) => [
    row.operation,
    row.action,
    row.provider,
    row.account,
    row.recipientAccount,
  ]);
  const principal = await of('principal', (row) => [row.principal]);
  const caller = await of('caller', (row) => [row.principalName]);
  const workspace = await of('workspace', (row) => [row.workspace]);
  const process = await of('process', (row) => [row.claimProcess, row.pairProcess]);
  const boot = await of('boot', (row) => [row.claimBoot, row.pairBoot]);
  return rows.map((row) => ({
    eventId: row.eventId,
    at: row.at,
    key: row.key === 0 ? null : key(row.key),
    otherKeys: (row.otherKeys ?? []).map(key),
    operation: label(row.operation),
    // The column holds what intake wrote: an action.
    action: label(row.action) as KmsAction,
    provider: label(row.provider),
    principal: principal(row.principal),
    principalName: caller(row.principalName),
    workspace: row.workspace === null ? null : workspace(row.workspace),
    account: row.account === null ? null : label(row.account),
    recipientAccount: row.recipientAccount === null ? null : label(row.recipientAccount),
    requestId: row.requestId,
    sharedEventId: row.sharedEventId,
    claim: claimOf(row, process, boot),
    claimIn: row.claimIn,
    resolutionMs: row.resolutionMs,
    ok: row.ok,
    state: stateOf(row.state),
    pair: pairOf(row, { key, process, boot }),
  }));
}

type Named = (id: number) => string;

function claimOf(row: EventRow, process: Named, boot: Named): EventCandidate['claim'] {
  const { claimProcess, claimBoot, claimSeq, claimAttempt } = row;
  if (claimProcess === null || claimBoot === null || claimSeq === null || claimAttempt === null)
    return null;
  return {
    process: process(claimProcess),
    boot: boot(claimBoot),
    seq: claimSeq,
    attempt: claimAttempt,
  };
}

function pairOf(
  row: EventRow,
  { key, process, boot }: Record<'key' | 'process' | 'boot', Named>,
): EventCandidate['pair'] {
  const { pairKey, pairAt, pairProcess, pairBoot, pairSeq, pairAttempt, pairMethod } = row;
  if (pairKey === null || pairAt === null || pairProcess === null || pairBoot === null) return null;
  if (pairSeq === null || pairAttempt === null || pairMethod === null) return null;
  return {
    key: key(pairKey),
    at: pairAt,
    process: process(pairProcess),
    boot: boot(pairBoot),
    seq: pairSeq,
    attempt: pairAttempt,
    method: methodOf(pairMethod),
    confidence: row.pairConfidence,
  };
}

export interface AttemptRow {
  process: number;
  boot: number;
  seq: number;
  key: number;
  at: number;
  attempt: number;
  workspace: number;
  operation: number;
  sent: boolean;
  sentAt: number;
  endedAt: number;
  outcome: number;
  status: number | null;
  errorCode: string | null;
  requestId: string | null;
  eventId: string | null;
  eventKey: number | null;
  method: number | null;
}

/** Of an attempt `a` and its pair `p`. */
export const attemptColumns = `a.key, ${ms('a.at', 'at')}, a.process, a.boot, a.seq::float8 AS seq, a.attempt, a.workspace,
  a.operation, a.sent, ${ms('a.sent_at', 'sentAt')},
  (extract(epoch FROM a.sent_at) * 1000 + a.duration_ms)::float8 AS "endedAt", a.outcome, a.status, a.error_code AS "errorCode", a.request_id AS "requestId", 
  p.event_id AS "eventId", p.event_key AS "eventKey", p.method`;

/** Rows of `attemptColumns` with their names. */
export async function attemptCandidates(
  tx: Tx,
  rows: readonly AttemptRow[],
): Promise<AttemptCandidate[]> {
  const of = async (
    dimension: Dimension,
    ids: (row: AttemptRow) => readonly number[],
  ): Promise<Named> => {
    const known = await namesOf(tx, dimension, rows.flatMap(ids));
    return (id) => known.get(id) ?? '';
  };
  const key = await of('key', (row) => [row.key, row.eventKey ?? 0]);
  const process = await of('process', (row) => [row.process]);
  const boot = await of('boot', (row) => [row.boot]);
  const workspace = await of('workspace', (row) => [row.workspace]);
  const label = await of('word', (row) => [row.operation, row.outcome]);
  return rows.map(({ eventId, eventKey, method, ...row }) => ({
    ...row,
    key: key(row.key),
    process: process(row.process),
    boot: boot(row.boot),
    workspace: workspace(row.workspace),
    operation: label(row.operation),
    outcome: label(row.outcome),
    pair:
      eventId === null || method === null
        ? null
        : { eventId, eventKey: key(eventKey ?? 0), method: methodOf(method) },
  }));
}
