import { type FleetCall, refineCauses, ttlOf } from '../../correlate/refine-causes.ts';
import type { TelemetryBatch } from '../../domain/telemetry-record.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../../store/connection/transaction.ts';
import {
  readCallRoots,
  readFirstLoads,
  readHeld,
  writeRefinedCauses,
  writeRoots,
} from '../../store/join/refine-causes.ts';
import type { PlacedCall } from '../../store/records/insert-telemetry.ts';
import {
  type BootRow,
  type KnownBoot,
  keepBoots,
  readBoots,
} from '../../store/records/upsert-boots.ts';
import { type Count, callCounts, changedCounts } from '../../store/rollups/description.ts';

type Starts = Pick<TelemetryBatch, 'boots' | 'calls'>;
type Told = Starts & Pick<TelemetryBatch, 'attempts' | 'operations'>;

/** A batch's calls with what the whole fleet tells of them, and the boots that it has to do with. */
export interface Placed {
  calls: PlacedCall[];
  boots: BootRow[];
  /** Boots of which something new is known. */
  changed: { process: string; boot: string }[];
}

/** Keeps what a batch tells of boots and places its calls. To be called before they are stored. */
export async function placeCalls(tx: Tx, batch: Told): Promise<Placed> {
  const { boots, calls, attempts, operations } = batch;
  const kept = await keepBoots(tx, {
    told: bootsOf(batch),
    processes: [...boots, ...calls, ...attempts, ...operations].map(({ process }) => process),
  });
  if (calls.length === 0) return { ...kept, calls: [] };
  const refined = await refinedOf(tx, calls, kept.boots);
  const caused = calls.map((call, no) => ({ ...call, refinedCause: refined[no] ?? call.cause }));
  const known = new Map(caused.map((call) => [numberKey(call), call]));
  const away = caused.flatMap(({ process, boot, rootSeq: seq }) =>
    seq === null || known.has(tupleKey(process, boot, seq)) ? [] : [{ process, boot, seq }],
  );
  const roots = new Map((await readCallRoots(tx, away)).map((root) => [numberKey(root), root]));
  return {
    ...kept,
    calls: caused.map((call) => {
      const number = tupleKey(call.process, call.boot, call.rootSeq ?? call.seq);
      const root = call.rootSeq === null ? call : (known.get(number) ?? roots.get(number));
      return {
        ...call,
        root: root === undefined ? null : { at: root.at, cause: root.refinedCause },
      };
    }),
  };
}

/**
 * Refines what was stored before where new calls or boots change it, whatever came first. To be called once the calls
 * are stored; `late` where a stored one may descend from a new one. Resolves to what that changes in the roll-ups.
 */
export async function refineStored(
  tx: Tx,
  { placed, added, late }: { placed: Placed; added: readonly PlacedCall[]; late: boolean },
): Promise<Count[]> {
  // What was sent again may have stood in for what is stored.
  const own = added.length === placed.calls.length ? new Set(added.map(numberKey)) : new Set();
  const { from, to } = spanOf(added);
  const found = await readFirstLoads(tx, {
    deks: [...new Set(added.map(({ dek }) => dek))],
    from,
    to,
    boots: placed.changed,
  });
  const others = found.filter((call) => !own.has(numberKey(call)));
  const firsts = [
    ...new Map(others.map((call) => [tupleKey(numberKey(call), call.at), call])).values(),
  ];
  if (firsts.length === 0 && !late) return [];
  const boots = await readBoots(
    tx,
    firsts.map(({ process }) => process),
  );
  const refined = await refinedOf(tx, firsts, boots);
  const changes = firsts.flatMap((before, no) => {
    const refinedCause = refined[no] ?? before.cause;
    return refinedCause === before.refinedCause
      ? []
      : [{ before, after: { ...before, refinedCause } }];
  });
  const changed = changes.map(({ after }) => after);
  await writeRefinedCauses(tx, changed);
  await writeRoots(tx, late ? [...added, ...changed] : changed);
  return changes.flatMap((change) => changedCounts(callCounts, change));
}

/** Refined causes, by these calls and by what is stored. */
async function refinedOf(
  tx: Tx,
  calls: readonly FleetCall[],
  boots: readonly BootRow[],
): Promise<string[]> {
  const firsts = calls.filter(({ cause }) => cause === 'load.first');
  if (firsts.length === 0) return calls.map(({ cause }) => cause);
  const known = new Map(boots.map((boot) => [tupleKey(boot.process, boot.boot), boot]));
  const held = await readHeld(
    tx,
    firsts.map(({ dek, at, process, boot }) => {
      const ttlMs = ttlOf(known.get(tupleKey(process, boot)));
      return { dek, at, process, boot, ttlMs };
    }),
  );
  return refineCauses(calls, boots, new Set(firsts.filter((_, no) => held.has(no))));
}

function spanOf(calls: readonly FleetCall[]): { from: number; to: number } {
  const instants = calls.flatMap(({ at, leaseEndsAt }) => [at, leaseEndsAt ?? at]);
  return {
    from: instants.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    to: instants.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}

const numberKey = ({ process, boot, seq }: { process: string; boot: string; seq: number }) =>
  tupleKey(process, boot, seq);

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
