/**
 * Revocations of a service whose truth is known: what each process did, what the log of each cloud and telemetry show
 * of it, and what of that is missing. Who makes them knows no rule of what judges them.
 */
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import {
  changeRecord,
  type DrillCloud,
  type DrillHow,
  drillKeys,
  type LoggedUse,
  lookRecord,
  useRecord,
} from './drill-log.ts';
import { drillPlan, type DrillPlan as Plan, refusalAt, drillStart as start } from './drill-plan.ts';
import { attemptRecord, callRecord, emptyBatch, operationRecord } from './records.ts';

const minuteMs = 60_000;

/** What one process was granted, refused, and used. */
export interface ProcessTruth {
  lastYesAt: number | null;
  firstNoAt: number | null;
}

export interface DrillCase {
  cloud: DrillCloud;
  key: string;
  ttlMs: number;
  audit: AuditRecord[];
  telemetry: TelemetryBatch;
  truth: {
    how: DrillHow;
    revokedAt: number;
    restoredAt: number | null;
    /** How long after the promise's end ours last used a data key, ms; 0 where they kept it. */
    lateMs: number;
    /** Its processes hold data keys no longer than they promise. */
    keeps: boolean;
    /** Telemetry tells leases as they are. */
    leasesTold: boolean;
    /** Of the promise: a TTL after the cloud's last yes to any of ours. */
    bound: number;
    processes: ReadonlyMap<string, ProcessTruth>;
    /** All that happened is in the log and in telemetry, and nobody else used the key. */
    whole: boolean;
    /** Ours were refused what they had; not Encrypt alone, nor one identity of two. */
    partial: boolean;
    several: boolean;
    /** The times of a process are told whole. */
    timesTold: boolean;
  };
}

export function simulatedDrill(seed: number): DrillCase {
  const random = seededRandom(seed * 6_007 + 11);
  const plan = drillPlan(seed, random);
  const names = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, no) => `engine-${no}`);
  const made = names.map((name, no) => live(plan, { name, no, random }));
  const uses = made.flatMap(({ logged }) => logged);
  if (plan.other) uses.push(...stranger(plan, random));
  const lacks = lossOf(plan, random);
  const logged = new Set(uses.flatMap((use) => (lacks(use) ? [] : [use.eventId])));
  const audit = logOf(plan, { uses: uses.filter((use) => !lacks(use)), lacks, random });
  const telemetry = told(plan, { made, random });
  const lastYes = Math.max(plan.revokedAt, ...made.flatMap(({ yesAfter }) => yesAfter ?? []));
  const bound = lastYes + plan.ttlMs;
  const until = Math.min(bound, plan.restoredAt);
  const needed = ({ calls, attempts, operations, boots }: TelemetryBatch) =>
    [...calls, ...attempts, ...operations].filter(({ at }) => at < until).length + boots.length;
  const after = (at: number) => at > bound && at < plan.restoredAt;
  return {
    cloud: plan.cloud,
    key: drillKeys[plan.cloud],
    ttlMs: plan.ttlMs,
    audit,
    telemetry,
    truth: {
      how: plan.how,
      revokedAt: plan.revokedAt,
      restoredAt: Number.isFinite(plan.restoredAt) ? plan.restoredAt : null,
      lateMs: Math.max(
        0,
        ...made.flatMap(({ held }) => held.filter(after).map((at) => at - bound)),
      ),
      keeps: plan.leaseMs === plan.ttlMs,
      leasesTold: plan.toldLeaseMs === plan.leaseMs,
      bound,
      processes: new Map(made.map(({ name, truth }) => [name, truth])),
      whole:
        needed(telemetry) === needed(allOf(made)) &&
        !plan.other &&
        plan.log !== 'starts late' &&
        // What only lacks refusals lacks nothing that somebody may hold.
        uses.every((use) => use.refused !== null || use.at >= until || logged.has(use.eventId)),
      partial: plan.partial === 'encrypt' || (plan.partial === 'identity' && made.length > 1),
      several: plan.secondAt !== null && plan.secondAt < plan.restoredAt,
      timesTold: plan.telemetry === 'whole' || (plan.telemetry === 'none' && plan.log === 'whole'),
    },
  };
}

interface Life {
  name: string;
  logged: LoggedUse[];
  telemetry: TelemetryBatch;
  truth: ProcessTruth;
  yesAfter: number | null;
  /** Uses of a data key that it held. */
  held: number[];
}

/** A process at work: it uses its data keys, and asks the KMS where it holds none. */
function live(
  plan: Plan,
  { name, no, random }: { name: string; no: number; random: () => number },
): Life {
  const life: Life = {
    name,
    logged: [],
    telemetry: emptyBatch(),
    truth: { lastYesAt: null, firstNoAt: null },
    yesAfter: null,
    held: [],
  };
  const leases = new Map<number, number>();
  const deks = 1 + Math.floor(random() * 5);
  const meanMs = (10 + random() * 110) * 1000;
  const boot = `boot000${no}`;
  const startedAt = start - 1_000;
  life.telemetry.boots.push({
    ...{ process: name, boot, startedAt, ttlMs: plan.ttlMs },
    dekRotationMs: 24 * 60 * minuteMs,
    tells: true,
  });
  const hits = new Map<number, number>();
  let seq = 0;
  for (
    let at = start + Math.floor(random() * meanMs);
    at < plan.until;
    at += 1 + Math.floor(-Math.log(1 - random()) * meanMs)
  ) {
    const dek = Math.floor(random() * deks);
    const operation = random() < 0.2 ? 'Encrypt' : 'Decrypt';
    if (at < (leases.get(dek) ?? 0)) {
      life.held.push(at);
      const minute = at - (at % minuteMs);
      hits.set(minute, (hits.get(minute) ?? 0) + 1);
      continue;
    }
    seq += 1;
    const refused = refusalAt(plan, { at, operation, no });
    if (refused === null) leases.set(dek, at + plan.leaseMs);
    // A process that keeps its promise drops all that it holds under the key.
    else if (operation === 'Decrypt' && plan.leaseMs === plan.ttlMs) leases.clear();
    ask(plan, life, { at, operation, refused, no, seq, boot, dek });
  }
  count(plan, life, { hits, boot, seq });
  return life;
}

const roleOf = ({ partial, cloud }: Plan, no: number): string => {
  const role = partial === 'identity' && no % 2 === 1 ? 'engine-b' : 'engine-a';
  return cloud === 'gcp' ? `${role}@acme.iam.gserviceaccount.com` : role;
};

function ask(
  plan: Plan,
  life: Life,
  asked: {
    at: number;
    operation: 'Encrypt' | 'Decrypt';
    refused: LoggedUse['refused'];
    no: number;
    seq: number;
    boot: string;
    dek: number;
  },
): void {
  const { at, operation, refused, no, seq, boot, dek } = asked;
  const { name: process, truth, telemetry } = life;
  if (refused === null) {
    if (at < plan.restoredAt) truth.lastYesAt = at;
    if (at > plan.revokedAt && at < plan.restoredAt) life.yesAfter = at;
  } else truth.firstNoAt ??= at;
  const outcome = refused === null ? 'ok' : 'denied';
  const key = drillKeys[plan.cloud];
  const call = callRecord({
    ...{ at, seq, process, boot, operation, key, outcome, path: operation.toLowerCase() },
    cause: 'load.first',
    dek: `${process}-${dek}`,
    leaseEndsAt: refused === null ? at + plan.toldLeaseMs : null,
  });
  const requestId = `${process}-${seq}`;
  const errorCode =
    refused === null ? null : refused === 'state' ? 'DisabledException' : 'AccessDeniedException';
  telemetry.calls.push(call);
  telemetry.attempts.push(
    attemptRecord(call, {
      ...{ outcome, errorCode, status: refused === null ? 200 : 400 },
      requestId: plan.cloud === 'gcp' ? null : requestId,
    }),
  );
  life.logged.push({
    ...{ at, operation, refused, requestId },
    principal: roleOf(plan, no),
    session: plan.cloud === 'aws' ? process : `10.0.0.${no + 1}`,
    claim: `keytide/1#${process}.${boot}.${seq}.1#load.first#${call.spanId}`,
    eventId: `e-${process}-${seq}`,
  });
}

/** Its counts, minute by minute, in roll-ups that say how far they tell. */
function count(
  { cloud, until }: Plan,
  { name: process, telemetry }: Life,
  { hits, boot, seq }: { hits: ReadonlyMap<number, number>; boot: string; seq: number },
): void {
  let no = 0;
  for (let minute = start - (start % minuteMs); minute < until; minute += minuteMs) {
    no += 1;
    const n = telemetry.calls.filter((call) => call.at < minute + minuteMs).length;
    const told = { at: minute, process, boot, seq: no };
    const used = hits.get(minute) ?? 0;
    const key = drillKeys[cloud];
    if (used > 0)
      telemetry.operations.push(operationRecord({ ...told, key, outcome: 'hit', n: used }));
    const last = minute + minuteMs >= until;
    telemetry.operations.push(
      operationRecord({
        ...{ ...told, key: '', workspace: '', scope: '', path: 'complete' },
        outcome: last ? 'last' : 'complete',
        n: last ? seq : n,
      }),
    );
  }
}

/** A service of another design: no telemetry, and a cache of whatever kind. */
function stranger(plan: Plan, random: () => number): LoggedUse[] {
  const uses: LoggedUse[] = [];
  const everyMs = plan.ttlMs / (1 + Math.floor(random() * 4));
  for (let at = start + 5_000; at < plan.until; at += Math.floor(everyMs)) {
    const no = uses.length;
    uses.push({
      at,
      operation: 'Decrypt',
      refused: refusalAt(plan, { at, operation: 'Decrypt', no: 0 }),
      principal: plan.cloud === 'gcp' ? 'other@acme.iam.gserviceaccount.com' : 'other-service',
      session: plan.cloud === 'aws' ? 'batch-1' : '10.9.9.9',
      requestId: `other-${no}`,
      claim: null,
      eventId: `other-${no}`,
    });
  }
  return uses;
}

type Loss = (event: Pick<LoggedUse, 'at' | 'refused'>) => boolean;

/** What never came into the log. */
function lossOf({ revokedAt, ttlMs, log }: Plan, random: () => number): Loss {
  const gapAt = revokedAt - ttlMs + random() * 2 * ttlMs;
  return ({ at, refused }) => {
    if (log === 'gap') return at >= gapAt && at < gapAt + ttlMs / 2;
    if (log === 'late') return at > revokedAt + ttlMs / 2;
    if (log === 'starts late') return at < revokedAt - ttlMs / 2;
    return log === 'no refusals' && refused !== null;
  };
}

function logOf(
  plan: Plan,
  given: { uses: LoggedUse[]; lacks: Loss; random: () => number },
): AuditRecord[] {
  const { uses, lacks, random } = given;
  const { cloud, how, revokedAt, restoredAt, secondAt, until } = plan;
  const role = roleOf(plan, 0);
  const change = (at: number, made: DrillHow, eventId: string) => ({
    at,
    record: changeRecord(cloud, { at, how: made, undoes: how, eventId, role }),
  });
  const soft = how !== 'disable' && how !== 'schedule';
  const changes = [
    change(revokedAt, how, 'revoked'),
    ...(secondAt === null || secondAt >= restoredAt ? [] : [change(secondAt, how, 'again')]),
    ...(Number.isFinite(restoredAt)
      ? [change(restoredAt, soft ? 'give' : 'enable', 'restored')]
      : []),
  ];
  const events = [
    ...uses.map((use) => ({ at: use.at, record: useRecord(cloud, use) })),
    ...changes.filter(({ at }) => at === revokedAt || !lacks({ at, refused: null })),
    // Something else is done with the key at last, as in any log: so it reaches to there.
    { at: until, record: lookRecord(cloud, until) },
  ];
  // Some are delivered twice, in any order.
  const delivered = events.flatMap((event) => (random() < 0.1 ? [event, event] : [event]));
  const shuffled = delivered.map((event) => ({ event, by: random() })).sort((a, b) => a.by - b.by);
  return shuffled.map(({ event }) => parsed(event.record));
}

function parsed(value: object): AuditRecord {
  const [found] = [...findRecords(value)];
  if (found?.parsed.kind !== 'record') throw new Error(`no record: ${JSON.stringify(found)}`);
  return found.parsed.record;
}

function allOf(made: readonly Life[]): TelemetryBatch {
  const batch = emptyBatch();
  for (const { telemetry } of made) {
    batch.boots.push(...telemetry.boots);
    batch.calls.push(...telemetry.calls);
    batch.attempts.push(...telemetry.attempts);
    batch.operations.push(...telemetry.operations);
  }
  return batch;
}

/** What of telemetry arrives. */
function told(plan: Plan, given: { made: Life[]; random: () => number }): TelemetryBatch {
  const { made, random } = given;
  const batch = emptyBatch();
  if (plan.telemetry === 'none') return batch;
  const ends = plan.revokedAt - plan.ttlMs / 2 + random() * plan.ttlMs;
  const lost = Math.floor(random() * made.length);
  for (const [no, { telemetry }] of made.entries()) {
    const isLost = no === lost;
    if (isLost && plan.telemetry === 'a process') continue;
    const drop = (at: number, kind: 'calls' | 'counts'): boolean => {
      if (!isLost) return false;
      if (plan.telemetry === 'ends') return at >= ends;
      return plan.telemetry === kind && at >= ends && at < ends + plan.ttlMs / 2;
    };
    batch.boots.push(...telemetry.boots);
    batch.calls.push(...telemetry.calls.filter(({ at }) => !drop(at, 'calls')));
    batch.attempts.push(...telemetry.attempts.filter(({ at }) => !drop(at, 'calls')));
    batch.operations.push(...telemetry.operations.filter(({ at }) => !drop(at, 'counts')));
  }
  return batch;
}
