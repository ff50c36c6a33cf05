/** What befalls a simulated revocation, drawn from a seed. */
import { type DrillCloud, type DrillHow, type LoggedUse, waysOf } from './drill-log.ts';

const minuteMs = 60_000;
const clouds: readonly DrillCloud[] = ['aws', 'gcp', 'azure'];

export interface DrillPlan {
  cloud: DrillCloud;
  how: DrillHow;
  ttlMs: number;
  revokedAt: number;
  obeyedAt: number;
  restoredAt: number;
  secondAt: number | null;
  /** How long data keys are kept in truth, and by what telemetry tells. */
  leaseMs: number;
  toldLeaseMs: number;
  partial: 'encrypt' | 'identity' | null;
  telemetry: 'whole' | 'none' | 'calls' | 'counts' | 'a process' | 'ends';
  log: 'whole' | 'gap' | 'late' | 'no refusals' | 'starts late';
  other: boolean;
  until: number;
}

export const drillStart = Date.UTC(2026, 10, 23, 6);

export function drillPlan(seed: number, random: () => number): DrillPlan {
  const pick = <T>(of: readonly [T, ...T[]]): T => of[Math.floor(random() * of.length)] ?? of[0];
  const chance = (share: number) => random() < share;
  const cloud = clouds[seed % 3] ?? 'aws';
  const ttlMs = pick([5, 15, 30, 60]) * minuteMs;
  const ways = waysOf[cloud];
  const how = ways[Math.floor(random() * ways.length)] ?? 'disable';
  const revokedAt = drillStart + 2 * ttlMs + Math.floor(random() * 1e6);
  const takesMs = pick([0, 0, 4, 40, cloud === 'gcp' ? 1_800 : 90]) * 1000;
  const soft = how !== 'disable' && how !== 'schedule';
  const leaseMs = chance(0.3) ? 3 * ttlMs : ttlMs;
  const restored = chance(0.25) ? Math.floor(ttlMs * (0.1 + random() * 2.5)) : null;
  return {
    ...{ cloud, how, ttlMs, revokedAt },
    obeyedAt: revokedAt + Math.floor(takesMs * (0.5 + random())),
    restoredAt: restored === null ? Number.POSITIVE_INFINITY : revokedAt + restored,
    secondAt: chance(0.1) ? revokedAt + Math.floor(ttlMs * random()) : null,
    leaseMs,
    toldLeaseMs: chance(0.5) ? leaseMs : ttlMs,
    partial: soft && chance(0.25) ? pick(['encrypt', 'identity']) : null,
    telemetry: chance(0.55)
      ? 'whole'
      : pick(['none', 'none', 'calls', 'counts', 'a process', 'ends']),
    log: chance(0.6)
      ? 'whole'
      : pick(['gap', 'late', cloud === 'aws' ? 'no refusals' : 'gap', 'starts late']),
    other: chance(0.15),
    until: revokedAt + takesMs + 4 * ttlMs,
  };
}

/** How the cloud refuses a request of the process of that number; null where it grants it. */
export function refusalAt(
  { how, obeyedAt, restoredAt, partial }: DrillPlan,
  { at, operation, no }: { at: number; operation: string; no: number },
): LoggedUse['refused'] {
  if (at < obeyedAt || at >= restoredAt) return null;
  if (partial === 'encrypt' && operation !== 'Encrypt') return null;
  if (partial === 'identity' && no % 2 === 1) return null;
  return how === 'disable' || how === 'schedule' ? 'state' : 'permission';
}
