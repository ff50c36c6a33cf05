/** What is stored of records and telemetry, as a drill reads it: the plain way, to hold the store against. */
import { joinEvents } from '../../lib/correlate/join.ts';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { isUse } from '../../lib/domain/kms-operations.ts';
import type { AttemptRecord, TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import type { DrillRows } from '../../lib/services/answers/drill-facts.ts';

const minuteMs = 60_000;

/** Of one key alone. */
export function drillRows(audit: readonly AuditRecord[], told: TelemetryBatch): DrillRows {
  const events = [...new Map(audit.map((record) => [record.eventId, record])).values()];
  const times = events.map(({ at }) => at);
  const verdicts = joinEvents({
    attempts: told.attempts,
    calls: told.calls,
    events: events.map((record) => ({ ...record, claimIn: record.facts.claimIn, record })),
  });
  const joined = new Set(verdicts.flatMap(({ attempt }) => attempt ?? []));
  return {
    promisedTtlMs: null,
    log: { from: Math.min(...times), to: Math.max(...times) },
    changes: events.filter(isChange).map(changeRow).sort(inTime),
    uses: verdicts
      .filter(({ event }) => isUse(event.action))
      .map(({ event, attempt }) => useRow(event.record, attempt))
      .sort(inTime),
    lone: told.attempts
      .filter((one) => !joined.has(one))
      .map(({ sentAt, process, operation, outcome, errorCode }) => {
        return { at: sentAt, process, operation, outcome, errorCode };
      })
      .sort(inTime),
    boots: told.boots.map((boot) => bootRow(boot, told)),
    hits: told.operations.filter(({ outcome }) => outcome === 'hit'),
    leases: told.calls.flatMap(({ process, at, leaseEndsAt }) =>
      leaseEndsAt === null ? [] : [{ process, at, endsAt: leaseEndsAt }],
    ),
    logOff: [],
  };
}

const inTime = (a: { at: number }, b: { at: number }) => a.at - b.at;

const notChanges = ['other', 'challenge', 'trail'];
const isChange = ({ action, errorCode }: AuditRecord) =>
  errorCode === null && !isUse(action) && !notChanges.includes(action);

function changeRow(record: AuditRecord): DrillRows['changes'][number] {
  const { eventId, at, provider, operation, action, principalName: by, key, facts } = record;
  const { resolutionMs, ids } = facts;
  return { eventId, at, resolutionMs, provider, operation, action, by, key, ids };
}

function useRow(record: AuditRecord, attempt: AttemptRecord | null): DrillRows['uses'][number] {
  const { at, action, errorCode, principal, principalName, sourceIp, facts } = record;
  return {
    ...{ at, action, errorCode, principal, principalName },
    resolutionMs: facts.resolutionMs,
    process: attempt?.process ?? null,
    session: record.session ?? sourceIp,
    isForeign: record.account !== null && record.account !== record.recipientAccount,
  };
}

function bootRow(
  { process, boot, startedAt, ttlMs }: TelemetryBatch['boots'][number],
  told: TelemetryBatch,
): DrillRows['boots'][number] {
  const own = { process, boot };
  const of = (one: { process: string; boot: string }) =>
    one.process === own.process && one.boot === own.boot;
  const rollUps = told.operations.filter((one) => of(one) && one.path === 'complete');
  const calls = told.calls.filter(of);
  const lastAt = Math.max(...rollUps.map(({ at }) => at));
  const lastCall = Math.max(0, ...calls.map(({ seq }) => seq));
  const unseen = rollUps.find(({ n }) => n > lastCall);
  return {
    ...{ process, boot, startedAt: startedAt ?? 0, ttlMs },
    toldUntil: rollUps.length === 0 ? null : lastAt + minuteMs,
    ended: rollUps.some(({ outcome }) => outcome === 'last'),
    gaps: [
      ...gapsIn(calls),
      ...gapsIn(rollUps),
      ...(unseen === undefined
        ? []
        : [{ from: calls.at(-1)?.at ?? unseen.at - minuteMs, to: unseen.at + minuteMs }]),
    ],
  };
}

function gapsIn(rows: readonly { seq: number; at: number }[]): { from: number; to: number }[] {
  const inOrder = [...rows].sort((a, b) => a.seq - b.seq);
  return inOrder.flatMap(({ seq, at }, no) => {
    const before = inOrder[no - 1];
    return before === undefined || seq <= before.seq + 1 ? [] : [{ from: before.at, to: at }];
  });
}
