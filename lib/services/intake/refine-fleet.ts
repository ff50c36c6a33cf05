import { refineCauses } from '../../correlate/refine-causes.ts';
import type { TelemetryBatch } from '../../domain/telemetry-record.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import {
  readFleetBoots,
  readFleetCalls,
  writeRefinedCauses,
  writeRoots,
} from '../../store/records/refine-causes.ts';
import { type Count, callCounts, changedCounts } from '../../store/rollups/description.ts';
import type { Tx } from '../../store/transaction.ts';
import { type KnownBoot, upsertBoots } from '../../store/upsert-boots.ts';

type Starts = Pick<TelemetryBatch, 'boots' | 'calls'>;

/**
 * Refines the causes that a batch may change, whatever came first, and tells its calls their roots. Resolves to what
 * that changes in the roll-ups.
 */
export async function refineFleet(tx: Tx, batch: Starts): Promise<Count[]> {
  const boots = await upsertBoots(tx, bootsOf(batch));
  const { calls } = batch;
  if (calls.length + boots.length === 0) return [];
  const instants = calls.map(({ at }) => at);
  const known = bootsOf(batch).map(({ startedAt }) => startedAt);
  const all = await readFleetCalls(tx, {
    deks: [...new Set(calls.map(({ dek }) => dek))],
    from: [...instants, ...known].reduce((a, b) => Math.min(a, b)),
    to: [...instants, ...known].reduce((a, b) => Math.max(a, b)),
    boots,
  });
  const fleet = await readFleetBoots(tx, [...new Set(all.map(({ process }) => process))]);
  const refined = refineCauses(all, fleet);
  const changes = all.flatMap((before, index) => {
    const refinedCause = refined[index] ?? before.cause;
    return refinedCause === before.refinedCause
      ? []
      : [{ before, after: { ...before, refinedCause } }];
  });
  const changed = changes.map(({ after }) => after);
  await writeRefinedCauses(tx, changed);
  await writeRoots(tx, [...calls, ...changed]);
  return changes.flatMap((change) => changedCounts(callCounts, change));
}

/** Every boot in the batch with its earliest known instant: as its sender told, or its first call. */
function bootsOf({ boots, calls }: Starts): KnownBoot[] {
  const seen = calls.map(({ process, boot, at }) => ({
    process,
    boot,
    startedAt: at,
    ttlMs: null,
    dekRotationMs: null,
  }));
  const told = boots.flatMap(({ startedAt, ...boot }) =>
    startedAt === null ? [] : [{ ...boot, startedAt }],
  );
  const earliest = new Map<string, KnownBoot>();
  for (const boot of [...told, ...seen]) {
    const id = tupleKey(boot.process, boot.boot);
    const known = earliest.get(id);
    earliest.set(id, {
      ...boot,
      startedAt: Math.min(boot.startedAt, known?.startedAt ?? boot.startedAt),
      ttlMs: known?.ttlMs ?? boot.ttlMs,
      dekRotationMs: known?.dekRotationMs ?? boot.dekRotationMs,
      ...(known?.version !== undefined && { version: known.version }),
    });
  }
  return [...earliest.values()];
}
