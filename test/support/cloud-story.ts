import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type {
  AttemptRecord,
  CallRecord,
  TelemetryBatch,
} from '../../lib/domain/telemetry-record.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import {
  azureApp,
  azureRow,
  gcpEntry,
  gcpKey,
  gcpService,
  keyVersion,
  vaultKey,
} from './cloud-records.ts';
import { attemptRecord, callRecord, emptyBatch, operationRecord } from './records.ts';

export interface CloudStory {
  from: number;
  to: number;
  telemetry: TelemetryBatch;
  audit: AuditRecord[];
  ours: string;
  /** Of each event of ours whose attempt is told, that attempt. */
  attemptOf: Map<string, string>;
  /** Events of ours whose call's telemetry is lost. */
  lost: number;
  /** By name, with how many uses. */
  strangers: Map<string, number>;
}

export interface CloudStoryOptions {
  provider: 'gcp' | 'azure';
  /** Whether the log records what the client says: reason, user agent. */
  claims: boolean;
  seed: number;
  calls: number;
  /** Of the log's clock against ours. */
  skewMs: number;
}

export const attemptName = ({
  process,
  boot,
  seq,
  attempt,
}: Pick<AttemptRecord, 'process' | 'boot' | 'seq' | 'attempt'>): string =>
  tupleKey(process, boot, seq, attempt);

const startMs = Date.UTC(2026, 10, 23, 12);
const causes = ['dek.first', 'load.first', 'load.expired'];

/**
 * An hour of a service at one key of Google Cloud or Azure, and what the key owner's log has of it, as the cloud writes
 * it: denials, lost answers and retries; 2 % of the telemetry is lost. Two strangers use the key as well. A seed gives
 * the same story again.
 */
export function cloudStory(options: CloudStoryOptions): CloudStory {
  const { provider, seed } = options;
  const random = seededRandom(seed);
  const told: CloudStory = {
    from: startMs,
    to: startMs + 3_600_000,
    telemetry: emptyBatch(),
    audit: [],
    ours: provider === 'gcp' ? gcpService : azureApp,
    attemptOf: new Map(),
    lost: 0,
    strangers: new Map(),
  };
  const log = new CloudLog(options, told, random);
  for (let number = 1; number <= options.calls; number += 1) {
    const process = `engine-${1 + (number % 3)}`;
    const operation = random() < 0.3 ? 'Encrypt' : 'Decrypt';
    const call = callRecord({
      at: startMs + 60_000 + Math.floor(random() * 58 * 60_000),
      process,
      boot: `boot000${1 + (number % 3)}`,
      seq: Math.ceil(number / 3),
      key: provider === 'gcp' ? gcpKey : vaultKey,
      operation,
      path: operation === 'Encrypt' ? 'encrypt' : 'decrypt',
      cause: causes[Math.floor(random() * causes.length)] ?? '',
    });
    tellCall(told, log, { call, random, isLost: random() < 0.02 });
  }
  log.strangers();
  if (provider === 'azure') log.prelude();
  return told;
}

function tellCall(
  { telemetry }: CloudStory,
  log: CloudLog,
  { call, random, isLost }: { call: CallRecord; random: () => number; isLost: boolean },
): void {
  const fate = random();
  const silent = { status: null, requestId: null, outcome: 'outage', errorCode: 'TimeoutError' };
  const attempts: AttemptRecord[] = [];
  const make = (given: Partial<AttemptRecord>): AttemptRecord => {
    const attempt = attempts.length + 1;
    const sentAt = (attempts.at(-1)?.sentAt ?? call.at) + (attempts.at(-1)?.durationMs ?? 0) + 2;
    const durationMs = 4 + Math.floor(random() * 36);
    const made = attemptRecord(call, { attempt, sentAt, durationMs, ...log.idOf(), ...given });
    attempts.push(made);
    return made;
  };
  if (fate < 0.03) log.write(make(silent), { isLost }, random() < 0.5);
  if (fate >= 0.03 && fate < 0.06)
    log.write(make({ status: 403, outcome: 'denied', errorCode: 'PERMISSION_DENIED' }), { isLost });
  else log.write(make({}), { isLost });
  if (isLost) return;
  telemetry.attempts.push(...attempts);
  telemetry.calls.push({
    ...call,
    attempts: attempts.length,
    outcome: attempts.at(-1)?.outcome ?? 'ok',
  });
  const { process, boot, seq, key, path } = call;
  const at = call.at - (call.at % 60_000);
  const counts = { at, process, boot, seq, key, path };
  telemetry.operations.push(operationRecord({ ...counts, outcome: 'miss', n: 1 }));
}

/** The key owner's log, in the cloud's own form. */
class CloudLog {
  readonly #options: CloudStoryOptions;
  readonly #told: CloudStory;
  readonly #random: () => number;
  #number = 0;

  constructor(options: CloudStoryOptions, told: CloudStory, random: () => number) {
    this.#options = options;
    this.#told = told;
    this.#random = random;
  }

  /** The server's id of an answered request, as far as the cloud tells one. */
  idOf(): Pick<AttemptRecord, 'requestId'> {
    this.#number += 1;
    return { requestId: this.#options.provider === 'gcp' ? null : `server-${this.#number}` };
  }

  write(attempt: AttemptRecord, { isLost }: { isLost: boolean }, isLogged = true): void {
    if (!isLogged) return;
    const { process, boot, seq, attempt: no, cause, spanId, operation } = attempt;
    const claim = `keytide/1#${process}.${boot}.${seq}.${no}#${cause}#${spanId}`;
    // The service notes it somewhere within the request.
    const at = attempt.sentAt + 1 + this.#random() * (Math.min(attempt.durationMs, 40) - 2);
    const record = this.#record({
      at,
      operation,
      caller: this.#told.ours,
      ok: attempt.outcome !== 'denied',
      ...(attempt.requestId !== null && { requestId: attempt.requestId }),
      ...(this.#options.claims && { claim }),
    });
    if (isLost) this.#told.lost += 1;
    else this.#told.attemptOf.set(record.eventId, attemptName(attempt));
  }

  strangers(): void {
    for (const [caller, uses] of [
      ['service-77@gs-project-accounts.iam.gserviceaccount.com', 30],
      ['mallory@example.com', 5],
    ] as const) {
      this.#told.strangers.set(caller, uses);
      for (let use = 0; use < uses; use += 1) {
        const at = startMs + 60_000 + this.#random() * 58 * 60_000;
        this.#record({ at, operation: 'Decrypt', caller, ok: true });
      }
    }
  }

  /** What each new client of Azure does before it first uses a key. */
  prelude(): void {
    for (const [operation, status] of [
      ['Authentication', 401],
      ['KeyGet', 403],
    ] as const)
      this.#take(
        azureRow({
          time: this.#time(startMs + 61_000, 7),
          operation,
          status,
          appId: status === 401 ? null : azureApp,
          correlationId: `prelude-${status}`,
          userAgent: 'sdk keytide/1#engine-1.boot0001.1.1#load.first#0000000000000001',
          path: '/',
        }),
      );
  }

  #record(given: {
    at: number;
    operation: string;
    caller: string;
    ok: boolean;
    requestId?: string;
    claim?: string;
  }): AuditRecord {
    const { at, operation, caller, ok, claim } = given;
    const callerIp = `203.0.113.${1 + (caller.length % 200)}`;
    this.#number += 1;
    if (this.#options.provider === 'gcp')
      return this.#take(
        gcpEntry({
          ...{ methodName: operation, principal: caller, callerIp },
          timestamp: this.#time(at, 9),
          insertId: `insert-${this.#number}`,
          ...(claim !== undefined && { reason: claim }),
          ...(!ok && { failure: { code: 7, message: 'Permission denied' } }),
        }),
      );
    return this.#take(
      azureRow({
        time: this.#time(at, 7),
        operation: operation === 'Encrypt' ? 'KeyWrap' : 'KeyUnwrap',
        correlationId: given.requestId ?? `unseen-${this.#number}`,
        status: ok ? 200 : 403,
        ...{ callerIp, appId: caller },
        path: `/${keyVersion}/key`,
        ...(claim !== undefined && { userAgent: `sdk ${claim}` }),
      }),
    );
  }

  /** In the log's clock, to so many digits. */
  #time(at: number, digits: number): string {
    const whole = Math.floor(at + this.#options.skewMs);
    const rest = String(Math.floor(this.#random() * 10 ** (digits - 3))).padStart(digits - 3, '0');
    return new Date(whole).toISOString().replace('Z', `${rest}Z`);
  }

  #take(value: unknown): AuditRecord {
    const [found] = [...findRecords(value)];
    if (found?.parsed.kind !== 'record') throw new Error(`no record: ${JSON.stringify(found)}`);
    this.#told.audit.push(found.parsed.record);
    return found.parsed.record;
  }
}
