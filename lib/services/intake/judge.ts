import { type EventVerdict, joinEvents } from '../../correlate/join.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import type { JoinMethod } from '../../domain/fates.ts';
import type { AttemptRecord, CallRecord } from '../../domain/telemetry-record.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../../store/connection/transaction.ts';
import {
  type AttemptCandidate,
  type EventCandidate,
  eventKey,
} from '../../store/join/candidates.ts';
import { hasAttempts } from '../../store/join/read-assignable.ts';
import {
  type CallNumber,
  readAttemptCandidates,
  readCallCandidates,
  readEventCandidates,
} from '../../store/join/read-candidates.ts';

/** What has come in: events that the store does not have, and calls and attempts that it may have. */
export interface Arrived {
  events: readonly AuditRecord[];
  attempts: readonly AttemptRecord[];
  calls: readonly CallRecord[];
}

export type Verdict = EventVerdict<AttemptCandidate, EventCandidate>;

export interface JudgedRows {
  /** Of what arrived and of all in the store that it has to do with. */
  verdicts: Verdict[];
  attempts: AttemptCandidate[];
  /** Of the events that arrived, in their order. */
  arrived: (Verdict | undefined)[];
}

/** Further keys of an event: one that names no key is of the key that its attempt used. */
export function furtherKeys({ event, attempt }: Verdict): readonly string[] {
  if (event.key !== null) return event.otherKeys;
  return attempt === null || attempt.key === '' ? [] : [attempt.key];
}

/**
 * Judges what arrived with everything that shares a request id, a shared event id or a claimed number with it, whatever
 * came first. To be asked before any of it is stored: what is in hand need not be read again.
 */
export async function judge(tx: Tx, arrived: Arrived): Promise<JudgedRows> {
  // A log alone has nobody's attempts: what shares a request id with an event changes nothing.
  const { events: logged, attempts: told } = arrived;
  const alone = logged.length > 0 && told.length === 0 && !(await hasAttempts(tx));
  const gathering = new Gathering(tx, { alone, told });
  const added = logged.map(eventCandidate);
  gathering.events.add(added);
  gathering.ours.add(told.map(attemptCandidate));
  await gathering.readEvents(arrived.calls);
  // Without an event there is nothing to join.
  if (gathering.events.all().length === 0)
    return { verdicts: [], attempts: gathering.ours.all(), arrived: [] };
  await gathering.readAttempts();
  await gathering.readEvents([]);
  await gathering.readAttempts();
  const events = gathering.events.all();
  const attempts = gathering.ours.all();
  const claimed = unique(events.flatMap(({ claim }) => claim ?? []));
  const calls = [...arrived.calls, ...(await readCallCandidates(tx, claimed))];
  const verdicts = joinEvents({ attempts, calls, events });
  const verdictOf = new Map(verdicts.map((verdict) => [verdict.event, verdict]));
  return { verdicts, attempts, arrived: added.map((event) => verdictOf.get(event)) };
}

const isByClaim = (method: JoinMethod): boolean =>
  method !== 'request-id' && method !== 'assignment';

/** What is known of both sides; nothing is asked for twice. */
class Gathering {
  readonly #tx: Tx;
  readonly #alone: boolean;
  /** May be stored already, and events may have claimed them before they came. */
  readonly #told: readonly CallNumber[];
  readonly events = new Distinct<EventCandidate>(eventKey);
  readonly ours = new Distinct<AttemptCandidate>(attemptKey);
  readonly #eventsOf = {
    requests: new Distinct<string>((id) => id),
    shared: new Distinct<string>((id) => id),
    calls: new Distinct<CallNumber>(callKey),
  };
  readonly #attemptsOf = {
    requests: new Distinct<string>((id) => id),
    calls: new Distinct<CallNumber>(callKey),
  };

  constructor(tx: Tx, { alone, told }: { alone: boolean; told: readonly CallNumber[] }) {
    this.#tx = tx;
    this.#alone = alone;
    this.#told = told;
  }

  async readEvents(calls: readonly CallNumber[]): Promise<void> {
    const { requests, shared, calls: asked } = this.#eventsOf;
    const found = await readEventCandidates(this.#tx, {
      requests: requests.add(this.#requests()),
      shared: shared.add(this.events.all().flatMap(({ sharedEventId }) => sharedEventId ?? [])),
      calls: asked.add([...calls, ...this.#numbers(), ...this.#claimed()]),
    });
    this.events.add(found);
  }

  async readAttempts(): Promise<void> {
    if (this.#alone) return;
    const { requests, calls } = this.#attemptsOf;
    const found = await readAttemptCandidates(this.#tx, {
      requests: requests.add(this.#requests()),
      calls: calls.add(this.#numbers()),
    });
    // What is stored stands for itself: it may be joined.
    for (const one of found) this.ours.put(one);
  }

  #requests(): string[] {
    if (this.#alone) return [];
    return [...this.ours.all(), ...this.events.all()].flatMap(({ requestId }) => requestId ?? []);
  }

  #numbers(): CallNumber[] {
    // An event that time has joined may lose its attempt here.
    const events = this.events.all();
    const paired = events.flatMap(({ pair }) => (pair?.method === 'assignment' ? [pair] : []));
    return [...this.#told, ...paired, ...events.flatMap(({ claim }) => claim ?? [])];
  }

  /** Joined by a claim, which an id may overrule: of another stored attempt nothing changes by its number. */
  #claimed(): CallNumber[] {
    return this.ours.all().filter(({ pair }) => pair !== null && isByClaim(pair.method));
  }
}

class Distinct<T> {
  readonly #keyOf: (one: T) => string;
  readonly #all = new Map<string, T>();

  constructor(keyOf: (one: T) => string) {
    this.#keyOf = keyOf;
  }

  all(): T[] {
    return [...this.#all.values()];
  }

  /** Resolves to those that were not there. */
  add(some: readonly T[]): T[] {
    const added: T[] = [];
    for (const one of some) {
      const key = this.#keyOf(one);
      if (this.#all.has(key)) continue;
      this.#all.set(key, one);
      added.push(one);
    }
    return added;
  }

  put(one: T): void {
    this.#all.set(this.#keyOf(one), one);
  }
}

const callKey = ({ process, boot, seq }: CallNumber): string => tupleKey(process, boot, seq);

const attemptKey = ({ key, at, process, boot, seq, attempt }: AttemptCandidate): string =>
  tupleKey(key, at, process, boot, seq, attempt);

const unique = (calls: readonly CallNumber[]): CallNumber[] => {
  const distinct = new Distinct(callKey);
  return distinct.add(calls);
};

function eventCandidate(record: AuditRecord): EventCandidate {
  const { claim } = record;
  return {
    eventId: record.eventId,
    at: record.at,
    key: record.key,
    otherKeys: record.otherKeys,
    operation: record.operation,
    action: record.action,
    provider: record.provider,
    principal: record.principal,
    principalName: record.principalName,
    workspace: record.workspace,
    account: record.account,
    recipientAccount: record.recipientAccount,
    requestId: record.requestId,
    sharedEventId: record.sharedEventId,
    claim,
    claimIn: record.facts.claimIn,
    resolutionMs: record.facts.resolutionMs,
    ok: record.errorCode === null,
    state: null,
    pair: null,
  };
}

function attemptCandidate(record: AttemptRecord): AttemptCandidate {
  return {
    key: record.key,
    at: record.at,
    process: record.process,
    boot: record.boot,
    seq: record.seq,
    attempt: record.attempt,
    workspace: record.workspace,
    operation: record.operation,
    sent: record.sent,
    sentAt: record.sentAt,
    endedAt: record.sentAt + record.durationMs,
    outcome: record.outcome,
    status: record.status,
    errorCode: record.errorCode,
    requestId: record.requestId,
    pair: null,
  };
}
