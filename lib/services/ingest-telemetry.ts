import type { TelemetryBatch } from '../domain/telemetry-record.ts';
import { ensurePartitions, type PartitionedTable } from '../store/ensure-partitions.ts';
import { insertTelemetry } from '../store/insert-telemetry.ts';
import { refreshRollups } from '../store/refresh-rollups.ts';
import { transaction } from '../store/transaction.ts';
import { applyJoin } from './apply-join.ts';
import type { ServiceContext } from './context.ts';
import { refineFleet } from './refine-fleet.ts';

const tables: readonly (readonly [
  'calls' | 'attempts' | 'operations' | 'deks',
  PartitionedTable,
])[] = [
  ['calls', 'kms_call'],
  ['attempts', 'kms_attempt'],
  ['operations', 'operation_count'],
  ['deks', 'dek_activity'],
];

/**
 * Takes a parsed OTLP batch in, joins it and counts its minutes anew, all in one transaction: what is acknowledged is
 * whole. Sent twice it counts once. Resolves to the rows that were new.
 */
export async function ingestTelemetry({
  ctx,
  input: batch,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: TelemetryBatch;
}): Promise<number> {
  for (const [rows, table] of tables)
    await ensurePartitions(
      ctx.db,
      table,
      batch[rows].map(({ at }) => at),
    );
  return transaction(ctx.db, async (tx) => {
    const added = await insertTelemetry(tx, batch);
    const joined = await applyJoin(tx, {
      eventIds: [],
      sharedEventIds: [],
      requestIds: batch.attempts.flatMap(({ requestId }) => requestId ?? []),
      calls: [...batch.calls, ...batch.attempts].map(({ process, boot, seq }) => ({
        process,
        boot,
        seq,
      })),
    });
    const refined = await refineFleet(tx, batch);
    await refreshRollups(tx, {
      operations: touches(batch.operations),
      deks: touches(batch.deks),
      calls: [...touches(batch.calls), ...refined],
      attempts: [...touches(batch.attempts), ...joined.attempts],
      events: joined.events,
    });
    return added;
  });
}

const touches = (rows: readonly { at: number; process: string }[]) =>
  rows.map(({ at, process }) => ({ at, by: process }));
