/**
 * What a first load was, seen over the whole fleet: old data, a new process, or a DEK that another process held. Pure;
 * the order in which calls became known does not matter.
 */
import { tupleKey } from '../shared/tuple-key.ts';

/** A call that gave a process a DEK, or tried to. Instants are epoch ms. */
export interface FleetCall {
  process: string;
  boot: string;
  seq: number;
  at: number;
  dek: string;
  cause: string;
  dekAgeMs: number | null;
  /** Null where the call gave no lease. */
  leaseEndsAt: number | null;
}

/** A start of a process; null where the sender did not say. */
export interface FleetBoot {
  process: string;
  boot: string;
  startedAt: number;
  ttlMs: number | null;
  dekRotationMs: number | null;
}

const ttlMsDefault = 3_600_000;
const dekRotationMsDefault = 86_400_000;

const bootKey = ({ process, boot }: { process: string; boot: string }) => tupleKey(process, boot);

/** The TTL of a process of which so much is known. */
export const ttlOf = (boot: FleetBoot | undefined): number => boot?.ttlMs ?? ttlMsDefault;

/**
 * The refined cause of each call, in the order given; all but `load.first` stay. It is `historical`, else `cold-start`,
 * else `fan-out` (lib/shared/causes.ts says what each is). `calls` must hold all calls of the DEKs within a TTL and a
 * lease before, but for the first loads in `heldBefore`: another process is known to have held their DEKs.
 */
export function refineCauses<Call extends FleetCall>(
  calls: readonly Call[],
  boots: readonly FleetBoot[],
  heldBefore: ReadonlySet<Call> = new Set(),
): string[] {
  const known = new Map(boots.map((boot) => [bootKey(boot), boot]));
  const byDek = Map.groupBy(calls, ({ dek }) => dek);
  return calls.map((call) => {
    if (call.cause !== 'load.first') return call.cause;
    const boot = known.get(bootKey(call));
    const ttlMs = ttlOf(boot);
    const held =
      heldBefore.has(call) ||
      (byDek.get(call.dek) ?? []).some((other) => heldWithin(other, call, ttlMs));
    const past = (call.dekAgeMs ?? 0) >= (boot?.dekRotationMs ?? dekRotationMsDefault);
    if (past && !held) return 'load.first.historical';
    if (boot !== undefined && call.at - boot.startedAt < ttlMs) return 'load.first.cold-start';
    return held ? 'load.first.fan-out' : 'load.first';
  });
}

/** Whether another process's lease ran at any time within the TTL before the call. */
function heldWithin(other: FleetCall, call: FleetCall, ttlMs: number): boolean {
  if (bootKey(other) === bootKey(call) || other.leaseEndsAt === null) return false;
  return other.at < call.at && other.leaseEndsAt > call.at - ttlMs;
}
