import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { CallRecord, TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import {
  attemptRecord,
  auditRecord,
  callRecord,
  customer,
  emptyBatch,
  eventOf,
  operationRecord,
  service,
} from './records.ts';

export interface Story {
  from: number;
  to: number;
  telemetry: TelemetryBatch;
  audit: AuditRecord[];
  /** What the ledger must find. */
  truth: {
    messages: number;
    matched: number;
    byClaim: number;
    lost: number;
    suspects: number;
    strangers: number;
    other: number;
    denied: number;
    throttled: number;
    noAnswer: number;
    neverSent: number;
    retries: number;
  };
}

const startMs = Date.UTC(2026, 10, 23, 12);
const causes = ['dek.first', 'load.first', 'load.expired', 'load.reopened', 'dek.adopted'];

/**
 * An hour of a fleet and what the customer's log shows of it, with everything that can befall a call: retries, lost
 * answers, denials, lost telemetry, replayed claims, strangers. The hour begins and ends with a silent minute, so that
 * nothing lies across its edges. A seed gives the same story again.
 */
export function story(seed: number, calls = 60): Story {
  const random = seededRandom(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const told: Story = {
    from: startMs,
    to: startMs + 3_600_000,
    telemetry: emptyBatch(),
    audit: [],
    truth: {
      messages: 0,
      matched: 0,
      byClaim: 0,
      lost: 0,
      suspects: 0,
      strangers: 0,
      other: 0,
      denied: 0,
      throttled: 0,
      noAnswer: 0,
      neverSent: 0,
      retries: 0,
    },
  };
  const instant = () => startMs + 60_000 + Math.floor(random() * 58 * 60_000);
  for (let number = 1; number <= calls; number += 1) {
    const engine = 1 + (number % 3);
    const call = callRecord({
      at: instant(),
      process: `engine-${engine}`,
      boot: `boot000${engine}`,
      seq: Math.ceil(number / 3),
      workspace: pick(['legal', 'sales', 'board']),
      operation: pick(['Encrypt', 'Decrypt', 'Decrypt']),
      cause: pick(causes),
    });
    tellCall(told, call, random);
  }
  tellOthers(told, { random, instant, pick });
  return told;
}

/** Both copies of a cross-account request; the customer's own log may be all there is. */
function log(told: Story, event: AuditRecord, both: boolean): void {
  const sharedEventId = `s-${event.eventId}`;
  told.audit.push({ ...event, sharedEventId });
  if (!both) return;
  told.audit.push({
    ...event,
    eventId: `${event.eventId}-copy`,
    sharedEventId,
    recipientAccount: service,
    // The caller's own log names the role; the key owner's log only its id.
    principalName: `arn:aws:iam::${service}:role/keytide-engine`,
  });
}

function tellCall(told: Story, call: CallRecord, random: () => number): void {
  const { telemetry, truth } = told;
  const counts = { at: call.at - (call.at % 60_000), process: call.process, boot: call.boot };
  const both = random() < 0.5;
  if (random() < 0.1) {
    // The process died before it sent this call, so its counts are gone too.
    log(told, eventOf(attemptRecord(call)), both);
    truth.lost += 1;
    return;
  }
  const fate = random();
  const attempts = attemptsOf(call, fate, random);
  telemetry.attempts.push(...attempts.map(({ record }) => record));
  const last = attempts.at(-1)?.record;
  telemetry.calls.push({
    ...call,
    attempts: attempts.length,
    outcome: last?.outcome ?? 'ok',
  });
  truth.retries += attempts.length - 1;
  for (const { record, logged } of attempts) {
    if (logged) {
      const found = record.requestId ?? `unseen-${record.process}-${record.seq}-${record.attempt}`;
      // Some records name no key.
      const key = record.seq % 7 === 0 ? null : record.key;
      log(told, eventOf(record, { requestId: found, key }), both);
      truth.matched += 1;
      if (record.requestId === null) truth.byClaim += 1;
    } else if (!record.sent) truth.neverSent += 1;
    else if (record.outcome === 'denied') truth.denied += 1;
    else if (record.status === null) truth.noAnswer += 1;
    else truth.throttled += 1;
  }
  const hits = Math.floor(random() * 5);
  const at = { ...counts, workspace: call.workspace, seq: call.seq };
  if (call.cause !== 'dek.adopted') {
    telemetry.operations.push(operationRecord({ ...at, outcome: 'miss', n: 1 }));
  }
  if (hits > 0) telemetry.operations.push(operationRecord({ ...at, outcome: 'hit', n: hits }));
  const message = { path: 'message', outcome: 'message', n: 1 };
  telemetry.operations.push(operationRecord({ ...at, ...message }));
  truth.messages += 1;
  const { process, boot, seq, workspace, dek } = call;
  telemetry.deks.push({
    at: counts.at,
    process,
    boot,
    seq,
    workspace,
    dek,
    uses: 1 + hits,
    bytes: 9,
  });
}

function attemptsOf(call: CallRecord, fate: number, random: () => number) {
  const throttled = { requestId: null, status: 400, outcome: 'outage', errorCode: 'Throttling' };
  const silent = { requestId: null, status: null, outcome: 'outage', errorCode: 'TimeoutError' };
  const denied = { status: 400, outcome: 'denied', errorCode: 'AccessDeniedException' };
  const unsent = { ...silent, sent: false, errorCode: 'ECONNREFUSED' };
  const made = (attempt: number, given: object, logged: boolean) => ({
    record: attemptRecord(call, { sentAt: call.at + attempt, ...given, attempt }),
    logged,
  });
  if (fate < 0.6) return [made(1, {}, true)];
  if (fate < 0.7) return [made(1, throttled, false), made(2, {}, true)];
  // The answer was lost; the request itself may have been carried out.
  if (fate < 0.8) return [made(1, silent, random() < 0.5), made(2, {}, true)];
  if (fate < 0.9) return [made(1, denied, false)];
  return [made(1, unsent, false), made(2, silent, false), made(3, {}, true)];
}

function tellOthers(
  told: Story,
  by: {
    random: () => number;
    instant: () => number;
    pick: <T>(of: readonly T[]) => T;
  },
): void {
  const { audit, truth } = told;
  const second = () => Math.floor(by.instant() / 1000) * 1000;
  const theirs = { principal: 'AIDASTRANGER', principalName: 'nightly-export', account: customer };
  for (let number = 0; number < 5; number += 1) {
    audit.push(auditRecord({ eventId: `stranger-${number}`, at: second(), ...theirs }));
    truth.strangers += 1;
  }
  const admin = { principal: 'AIDAADMIN', principalName: 'key-admin', account: customer };
  audit.push(auditRecord({ eventId: 'look', at: second(), operation: 'DescribeKey', ...admin }));
  truth.other += 1;
  audit.push(auditRecord({ eventId: 'suspect', at: second() }));
  const matched = told.telemetry.attempts.find(({ outcome }) => outcome === 'ok');
  if (matched === undefined) throw new Error('the story has no success to replay');
  // Our role again with the number of a call that another event already matched.
  audit.push(eventOf(matched, { eventId: 'replayed', at: second(), requestId: 'r-elsewhere' }));
  truth.suspects += 2;
}
