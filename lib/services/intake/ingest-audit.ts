import type { AuditRecord } from '../../domain/audit-record.ts';
import { ensurePartitions } from '../../store/ensure-partitions.ts';
import { insertAuditEvents } from '../../store/insert-audit-events.ts';
import { refreshRollups } from '../../store/refresh-rollups.ts';
import { transaction } from '../../store/transaction.ts';
import type { ServiceContext } from '../context.ts';
import { partByAge, readRetention } from '../retention.ts';
import { applyJoin } from './apply-join.ts';
import { bisect } from './bisect.ts';

const recordsPerTransaction = 5_000;
/** The size of their JSON: a statement's parameter exists several times while it runs. */
const charactersPerTransaction = 33_554_432;

/** What became of audit records: how many were new, which are past retention, which the store refuses, and why. */
export interface AuditTaken {
  added: number;
  /** Of a time that is kept as sums only. */
  old: AuditRecord[];
  rejected: { record: AuditRecord; reason: string }[];
}

interface Batch {
  records: readonly AuditRecord[];
  source: string;
  seenAt: number | null;
}

/**
 * Stores audit events, joins them and counts their minutes anew. Stored twice they count once. `seenAt` is when a live
 * source showed them (epoch ms), null for files. An event that the store refuses costs only itself.
 */
export async function ingestAudit({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: Batch;
}): Promise<AuditTaken> {
  const taken: AuditTaken = { added: 0, old: [], rejected: [] };
  for (const some of parts(input.records)) {
    const { taken: young, old } = partByAge(some, await readRetention(ctx.db));
    taken.old.push(...old);
    const { added, refused } = await bisect(young, (records) => takeIn(ctx, { ...input, records }));
    taken.added += added;
    for (const { item, reason } of refused) taken.rejected.push({ record: item, reason });
  }
  return taken;
}

function* parts(records: readonly AuditRecord[]): Generator<readonly AuditRecord[]> {
  let from = 0;
  let characters = 0;
  for (const [at, { raw }] of records.entries()) {
    const full = at - from === recordsPerTransaction || characters > charactersPerTransaction;
    if (full) {
      yield records.slice(from, at);
      from = at;
      characters = 0;
    }
    characters += raw.length;
  }
  if (from < records.length) yield records.slice(from);
}

/** One transaction; resolves to how many events were new. */
async function takeIn(ctx: Pick<ServiceContext, 'db'>, batch: Batch): Promise<number> {
  const { records } = batch;
  await ensurePartitions(
    ctx.db,
    'audit_event',
    records.map(({ at }) => at),
  );
  return transaction(ctx.db, async (tx) => {
    const inserted = await insertAuditEvents(tx, batch);
    const joined = await applyJoin(tx, {
      eventIds: records.map(({ eventId }) => eventId),
      sharedEventIds: records.flatMap(({ sharedEventId }) => sharedEventId ?? []),
      requestIds: records.flatMap(({ requestId }) => requestId ?? []),
      calls: records.flatMap(({ claim }) => claim ?? []),
    });
    const events = [
      ...records.map(({ at, principal }) => ({ at, by: principal })),
      ...joined.events,
    ];
    await refreshRollups(tx, {
      operations: [],
      calls: [],
      deks: [],
      attempts: joined.attempts,
      events,
    });
    return inserted;
  });
}
