/** What a lab tells a screen: all of it at one instant. */
import {
  type AgeClass,
  ageClasses,
  type LabData,
  type LabKeyName,
  type LabProcess,
  type LabView,
} from '../../shared/lab/lab-view.ts';
import { isReadable } from '../../shared/lab/readability.ts';
import { type Lab, labStartMs } from './lab.ts';
import type { StoredDek } from './stored-messages.ts';

const hourMs = 3_600_000;
const ageBelowMs: Record<AgeClass, number> = {
  hour: hourMs,
  day: 24 * hourMs,
  week: 168 * hourMs,
  older: Number.POSITIVE_INFINITY,
};

/** The parts of a view that are the lab's; the rest is how it is run. */
export type LabSnapshot = Omit<
  LabView,
  'id' | 'speed' | 'isRunning' | 'behindMs' | 'step' | 'stepEndsAt'
>;

export function labSnapshot(lab: Lab): LabSnapshot {
  const { now, config, ttlMs, cloud, tally } = lab;
  const { shown, arrived, onTheirWay } = cloud.log.at(now);
  const { processes, data } = readableNow(lab);
  return {
    config,
    ttlMs,
    propagationMs: cloud.propagationMs,
    startedAt: labStartMs,
    now,
    keys: lab.keys.view(now),
    registered: { ...lab.registered, uri: lab.registeredUri },
    trusted: lab.trusted,
    kms: lab.kms,
    spread: lab.spread,
    processes,
    data,
    bucketMs: tally.bucketMs,
    buckets: tally.view(now),
    audit: shown,
    auditCounts: { arrived, onTheirWay },
    residual: tally.answered - cloud.log.uses,
    lateReleases: lab.lateReleases,
    turns: lab.turns.slice(-40).reverse(),
    checks: lab.checks.slice(-10),
    revocations: lab.revocations.slice(-10).map(({ from: _, ...told }) => told),
  };
}

function readableNow(lab: Lab): { processes: LabProcess[]; data: LabData[] } {
  const deks = [...lab.stored.deks];
  const readers = new Map<StoredDek, number>(deks.map((dek) => [dek, 0]));
  const processes = lab.running.map((member): LabProcess => {
    const leases = member.leases();
    let readable = 0;
    for (const dek of deks) {
      if (!isReadable(lab.readability(member, dek, leases))) continue;
      readable += 1;
      readers.set(dek, (readers.get(dek) ?? 0) + 1);
    }
    const { lastUseBy, takenDeks } = lab.lastUseOfTaken(member);
    return {
      process: member.name,
      leases: leases.size,
      lastLeaseEndsAt: leases.size === 0 ? null : Math.max(...leases.values()),
      isTaken: takenDeks > 0,
      lastUseBy,
      sessionEndsAt: member.sessionEndsAt,
      lastSuccessAt: member.lastSuccessAt,
      lastDeniedAt: member.lastDeniedAt,
      readable,
    };
  });
  return { processes, data: rowsOf(deks, readers, { now: lab.now, all: processes.length }) };
}

function rowsOf(
  deks: readonly StoredDek[],
  readers: ReadonlyMap<StoredDek, number>,
  { now, all }: { now: number; all: number },
): LabData[] {
  const rows = (['A', 'B'] as const).flatMap((key: LabKeyName) =>
    ageClasses.map((age) => {
      const none = { deks: 0, messages: 0, readableByAll: 0, readableByAny: 0 };
      return { key, age, ...none };
    }),
  );
  for (const dek of deks) {
    const ageMs = now - dek.createdAt;
    const age = ageClasses.find((one) => ageMs < ageBelowMs[one]);
    const row = rows.find((one) => one.key === dek.key && one.age === age);
    if (row === undefined) continue;
    const count = readers.get(dek) ?? 0;
    row.deks += 1;
    row.messages += dek.envelopes;
    if (count === all) row.readableByAll += dek.envelopes;
    if (count > 0) row.readableByAny += dek.envelopes;
  }
  return rows.filter((row) => row.deks > 0);
}
