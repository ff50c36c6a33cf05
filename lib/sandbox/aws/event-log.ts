import type { ApiCall, Json, JsonObject } from './api-call.ts';
import { type CloudTrailRecord, cloudTrailRecord, eventSourceOf } from './cloudtrail-record.ts';

/**
 * One event in one account's log. Live ones build `record` each time it is read, so read it once.
 */
export interface StoredEvent {
  readonly record: CloudTrailRecord;
  /** The account whose log it is in. */
  readonly account: string;
  /** When it happened, epoch ms of sandbox time. */
  readonly at: number;
  /** When it is delivered: LookupEvents and log files show it from then on. */
  readonly visibleAt: number;
}

/** What LookupEvents can ask for without building the record. */
export interface LogEntry extends StoredEvent {
  readonly eventId: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly accessKeyId: string | null;
  readonly username: string | null;
}

/** An event of a call made in this run. */
export class LiveEvent implements LogEntry {
  readonly eventId: string;
  readonly account: string;
  readonly visibleAt: number;
  /** Why it is late, or which earlier event it updates. */
  readonly addendum?: JsonObject;
  readonly #call: ApiCall;

  constructor(
    call: ApiCall,
    copy: { account: string; eventId: string; visibleAt: number; addendum?: JsonObject },
  ) {
    this.#call = call;
    this.eventId = copy.eventId;
    this.account = copy.account;
    this.visibleAt = copy.visibleAt;
    if (copy.addendum) this.addendum = copy.addendum;
  }

  get at(): number {
    return this.#call.at;
  }
  get eventName(): string {
    return this.#call.operation;
  }
  get eventSource(): string {
    return eventSourceOf(this.#call);
  }
  get accessKeyId(): string | null {
    return this.#own ? this.#call.principal.accessKeyId : null;
  }
  get username(): string | null {
    const { sessionName, name } = this.#call.principal;
    return this.#own ? (sessionName ?? name) : null;
  }
  get record(): CloudTrailRecord {
    return cloudTrailRecord(this.#call, this);
  }
  toJSON(): StoredEvent {
    const { record, account, at, visibleAt } = this;
    return { record, account, at, visibleAt };
  }

  get #own(): boolean {
    return this.account === this.#call.principal.account;
  }
}

/** An event kept from an earlier run. */
export function restoredEvent(stored: StoredEvent): LogEntry {
  const { record, account, at, visibleAt } = stored;
  const { userIdentity } = record;
  const identity = isObject(userIdentity) ? userIdentity : {};
  const session = /:assumed-role\/[^/]+\/(.+)$/.exec(textOf(identity.arn) ?? '')?.[1];
  return {
    record,
    account,
    at,
    visibleAt,
    eventId: textOf(record.eventID) ?? '',
    eventName: textOf(record.eventName) ?? '',
    eventSource: textOf(record.eventSource) ?? '',
    accessKeyId: textOf(identity.accessKeyId),
    username: session ?? textOf(identity.userName),
  };
}

const textOf = (value: Json | undefined) => (typeof value === 'string' ? value : null);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One account's events in the order they happened, at most `eventsMax`; the oldest go first. */
export class AccountLog {
  readonly #eventsMax: number;
  #entries: LogEntry[] = [];
  // Index of the first kept entry. The array is cut only now and then, so that dropping stays cheap.
  #first = 0;

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  get size(): number {
    return this.#entries.length - this.#first;
  }

  add(entry: LogEntry): void {
    const last = this.#entries.at(-1);
    if (!last || last.at <= entry.at) this.#entries.push(entry);
    else this.#entries.splice(this.#countUpTo(entry.at), 0, entry);
    if (this.size > this.#eventsMax) this.#drop(1);
  }

  /** Drops what happened before an instant; returns how many events that were. */
  prune(beforeMs: number): number {
    const count = this.#countUpTo(beforeMs - 1) - this.#first;
    this.#drop(count);
    return count;
  }

  /** Oldest first. */
  list(): LogEntry[] {
    return this.#entries.slice(this.#first);
  }

  /** Newest first, from the last event that happened at `fromMs` or before. */
  *newestFirst(fromMs: number): Generator<LogEntry> {
    for (let i = this.#countUpTo(fromMs) - 1; i >= this.#first; i -= 1) {
      const entry = this.#entries[i];
      if (entry) yield entry;
    }
  }

  /** Index after the last entry at `ms` or before. */
  #countUpTo(ms: number): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.at ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(count: number): void {
    this.#first += count;
    if (this.#first < 1024 || this.#first * 8 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}
