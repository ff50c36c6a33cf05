import type { AuditRecord } from '../domain/audit-record.ts';
import { ensurePartitions } from '../store/ensure-partitions.ts';
import { insertAuditEvents } from '../store/insert-audit-events.ts';
import { refreshRollups } from '../store/refresh-rollups.ts';
import { transaction } from '../store/transaction.ts';
import { applyJoin } from './apply-join.ts';
import type { ServiceContext } from './context.ts';

const recordsPerTransaction = 5_000;

/**
 * Takes audit events in, joins them and counts their minutes anew. Taken twice they count once. `seenAt` is when a live
 * source showed them (epoch ms), null for files. Resolves to how many were new.
 */
export async function ingestAudit({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: { records: readonly AuditRecord[]; source: string; seenAt: number | null };
}): Promise<number> {
  await ensurePartitions(
    ctx.db,
    'audit_event',
    input.records.map(({ at }) => at),
  );
  let added = 0;
  for (let from = 0; from < input.records.length; from += recordsPerTransaction) {
    const records = input.records.slice(from, from + recordsPerTransaction);
    added += await transaction(ctx.db, async (tx) => {
      const inserted = await insertAuditEvents(tx, { ...input, records });
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
  return added;
}
