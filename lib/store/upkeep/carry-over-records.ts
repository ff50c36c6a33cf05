/**
 * Carries the rows of the first tables, which had every name written out, over to today's: some thousand in one
 * transaction that takes them away there, so that it goes on where it ended, and each partition goes once it is empty.
 */

import type { AuditFacts, AuditRecord } from '../../domain/audit-record.ts';
import type { EventState, JoinMethod } from '../../domain/fates.ts';
import type {
  AttemptRecord,
  CallRecord,
  DekActivityRecord,
  OperationRecord,
} from '../../domain/telemetry-record.ts';
import type { Db } from '../connection/db.ts';
import { transaction, type WriteTx } from '../connection/transaction.ts';
import { writeRoots } from '../join/refine-causes.ts';
import { type NewPair, writeJoin } from '../join/write-join.ts';
import { ensurePartitions, type PartitionedTable } from '../records/ensure-partitions.ts';
import { insertAuditEvents, newEvents } from '../records/insert-audit-events.ts';
import { insertTelemetry } from '../records/insert-telemetry.ts';
import { eventCounts, refusedCounts } from '../rollups/description.ts';
import { addCallerFacts } from '../rollups/key-callers.ts';
import { addCallFacts } from '../rollups/key-facts.ts';
import { addCounts } from '../rollups/tallies.ts';

const rowsMax = 2_000;
const dayMs = 86_400_000;

interface Carried<Row> {
  from: string;
  into: readonly PartitionedTable[];
  columns: string;
  take(tx: WriteTx, rows: Row[]): Promise<void>;
}

const ms = (column: string, name: string) =>
  `(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;
const identity = `${ms('at', 'at')}, process, boot, seq::float8 AS seq, workspace`;
const nothing = { calls: [], attempts: [], operations: [], deks: [] };

type OldEvent = Omit<AuditRecord, 'claim' | 'facts'> & {
  facts: AuditRecord['facts'] | null;
  source: string;
  seenAt: number | null;
  state: EventState;
  claimProcess: string | null;
  claimBoot: string | null;
  claimSeq: number | null;
  claimAttempt: number | null;
  claimCause: string | null;
  claimSpan: string | null;
  joinMethod: JoinMethod | null;
  joinConfidence: number | null;
  attemptKey: string | null;
  attemptProcess: string | null;
  attemptBoot: string | null;
  attemptSeq: number | null;
  attemptNo: number | null;
  attemptAt: number | null;
};

const events: Carried<OldEvent> = {
  from: 'first_audit_event',
  into: ['event_id', 'event', 'raw_block', 'pair'],
  columns: `${ms('at', 'at')}, event_id AS "eventId", provider, source, key, coalesce(other_keys, '{}') AS "otherKeys",
    operation, action, facts, join_confidence::float8 AS "joinConfidence", principal, principal_name AS "principalName", session, account, recipient_account AS "recipientAccount",
    request_id AS "requestId", shared_event_id AS "sharedEventId", claim_process AS "claimProcess",
    claim_boot AS "claimBoot", claim_seq::float8 AS "claimSeq", claim_attempt AS "claimAttempt",
    claim_cause AS "claimCause", claim_span AS "claimSpan", error_code AS "errorCode", source_ip AS "sourceIp",
    user_agent AS "userAgent", workspace, dek AS "dekId", context, invoked_by AS "invokedBy", ${ms('seen_at', 'seenAt')}, raw,
    state, join_method AS "joinMethod", attempt_process AS "attemptProcess", attempt_boot AS "attemptBoot",
    attempt_seq::float8 AS "attemptSeq", attempt_no AS "attemptNo", ${ms('attempt_at', 'attemptAt')},
    (SELECT a.key FROM first_kms_attempt a WHERE a.process = attempt_process AND a.boot = attempt_boot
      AND a.seq = attempt_seq AND a.attempt = attempt_no AND a.at = attempt_at) AS "attemptKey"`,
  take: async (tx, rows) => {
    const judged = rows.map((row) => ({ ...row, record: recordOf(row) }));
    const fresh = new Set(
      await newEvents(
        tx,
        judged.map(({ record }) => record),
      ),
    );
    const added = judged.filter(({ record }) => fresh.has(record));
    await insertAuditEvents(tx, added);
    await addCallerFacts(tx, added);
    // The sums of old had all else.
    const more = added.flatMap(({ record, state }) => {
      const event = { ...record, state, ok: record.errorCode === null };
      const named = record.key === null ? eventCounts(event, 1) : [];
      return [
        ...refusedCounts(event, 1),
        ...named.filter(({ measure }) => measure === 'events-also'),
      ];
    });
    await addCounts(tx, more);
    await writeJoin(tx, { states: [], unpaired: [], paired: rows.flatMap(pairOf) });
  },
};

/** Of CloudTrail, which alone was taken in when facts were not kept. */
const noFacts: AuditFacts = {
  time: '',
  resolutionMs: 1_000,
  claimIn: null,
  reason: null,
  error: null,
  network: [],
  ids: [],
};

function recordOf(row: OldEvent): AuditRecord {
  const { claimProcess: process, claimBoot: boot, claimSeq: seq, claimAttempt: attempt } = row;
  const claimed = process !== null && boot !== null && seq !== null && attempt !== null;
  const words = { cause: row.claimCause ?? '', spanId: row.claimSpan ?? '' };
  const { key, attemptKey } = row;
  return {
    ...row,
    otherKeys: key === null && attemptKey !== null ? [attemptKey] : row.otherKeys,
    facts: row.facts ?? { ...noFacts, claimIn: claimed ? 'user-agent' : null },
    claim: claimed ? { process, boot, seq, attempt, ...words } : null,
  };
}

function pairOf(row: OldEvent): NewPair[] {
  const { attemptKey, attemptProcess, attemptBoot, attemptSeq, attemptNo, attemptAt } = row;
  if (attemptKey === null || attemptProcess === null || attemptBoot === null) return [];
  if (attemptSeq === null || attemptNo === null || attemptAt === null) return [];
  const attempt = {
    key: attemptKey,
    at: attemptAt,
    process: attemptProcess,
    boot: attemptBoot,
    seq: attemptSeq,
    attempt: attemptNo,
  };
  const { joinMethod: method, joinConfidence: confidence } = row;
  return method === null ? [] : [{ attempt, event: row, method, confidence }];
}

const attempts: Carried<AttemptRecord> = {
  from: 'first_kms_attempt',
  into: ['attempt'],
  columns: `${identity}, attempt, key, operation, cause, sent, ${ms('sent_at', 'sentAt')}, duration_ms AS "durationMs",
    request_id AS "requestId", status, outcome, error_code AS "errorCode", span_id AS "spanId"`,
  take: async (tx, rows) => void (await insertTelemetry(tx, { ...nothing, attempts: rows })),
};

const calls: Carried<CallRecord & { refinedCause: string }> = {
  from: 'first_kms_call',
  into: ['call'],
  columns: `${identity}, key, operation, path, cause, dek, dek_age_ms::float8 AS "dekAgeMs",
    edek_fingerprint AS "edekFingerprint", generation, parent_seq::float8 AS "parentSeq", root_seq::float8 AS "rootSeq",
    idle_ms::float8 AS "idleMs", forgotten, coalesced, tag, ${ms('lease_ends_at', 'leaseEndsAt')},
    ${ms('ended_at', 'endedAt')}, outcome, attempts, trace_id AS "traceId", span_id AS "spanId",
    refined_cause AS "refinedCause"`,
  take: async (tx, rows) => {
    await insertTelemetry(tx, { ...nothing, calls: rows.map((row) => ({ ...row, root: null })) });
    await writeRoots(tx, rows);
    await addCallFacts(tx, rows);
  },
};

const operations: Carried<OperationRecord> = {
  from: 'first_operation_count',
  into: ['lookup_count'],
  columns: `${identity}, key, scope, path, outcome, n::float8 AS n`,
  take: async (tx, rows) => void (await insertTelemetry(tx, { ...nothing, operations: rows })),
};

const deks: Carried<DekActivityRecord> = {
  from: 'first_dek_activity',
  into: ['dek_use'],
  columns: `${identity}, dek, uses::float8 AS uses, bytes::float8 AS bytes`,
  take: async (tx, rows) => void (await insertTelemetry(tx, { ...nothing, deks: rows })),
};

export const firstTables = [events, attempts, calls, operations, deks].map(({ from }) => from);

/** Empties and drops the first tables. To be called where nobody else writes. */
export async function carryOverRecords(db: Db): Promise<void> {
  // Events first: their attempts' keys are looked up where those still lie.
  await carry(db, events);
  await carry(db, attempts);
  await carry(db, calls);
  await carry(db, operations);
  await carry(db, deks);
}

async function carry<Row extends { at: number }>(
  db: Db,
  { from, into, columns, take }: Carried<Row>,
): Promise<void> {
  for (const part of await partsOf(db, from)) {
    const instants = await daysOf(db, part);
    for (const table of into) await ensurePartitions(db, table, instants);
    for (let left = true; left; )
      left = await transaction(db, async (tx) => {
        const rows = await tx.$queryRawUnsafe<Row[]>(
          `DELETE FROM ${part} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${part} LIMIT ${rowsMax})) RETURNING ${columns}`,
        );
        await take(tx, rows);
        return rows.length > 0;
      });
    await db.$executeRawUnsafe(`DROP TABLE ${part}`);
  }
  await db.$executeRawUnsafe(`DROP TABLE IF EXISTS ${from}`);
}

/** The days from its first row to its last. */
async function daysOf(db: Db, part: string): Promise<number[]> {
  const [row] = await db.$queryRawUnsafe<{ from: number | null; to: number | null }[]>(
    `SELECT ${ms('min(at)', 'from')}, ${ms('max(at)', 'to')} FROM ${part}`,
  );
  const { from = null, to = null } = row ?? {};
  if (from === null || to === null) return [];
  return Array.from({ length: Math.ceil((to - from) / dayMs) + 1 }, (_, day) =>
    Math.min(to, from + day * dayMs),
  );
}

async function partsOf(db: Db, table: string): Promise<string[]> {
  const rows = await db.$queryRawUnsafe<{ part: string }[]>(
    'SELECT inhrelid::regclass::text AS part FROM pg_inherits WHERE inhparent = to_regclass($1) ORDER BY 1',
    table,
  );
  return rows.map(({ part }) => part);
}
