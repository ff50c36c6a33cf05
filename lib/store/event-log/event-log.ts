/**
 * An audit log in memory, for who has a log and neither telemetry nor a database: a few numbers an event, and once what
 * events have in common. The reads of this folder's neighbours answer from it in the words of the database. What is
 * asked of it in SQL is about telemetry or settings, of which it has none. Filled first, then read.
 */
import type { AuditRecord } from '../../domain/audit-record.ts';
import { type EventState, eventStates } from '../../domain/fates.ts';
import { isByHand } from '../../domain/log-use.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../connection/transaction.ts';
import { Distinct } from './distinct.ts';
import { DistinctTexts, Texts } from './distinct-texts.ts';
import { NumberColumn } from './number-column.ts';

/** What the events of one caller have in common. */
export type Caller = Pick<
  AuditRecord,
  | 'provider'
  | 'operation'
  | 'action'
  | 'key'
  | 'otherKeys'
  | 'recipientAccount'
  | 'principal'
  | 'principalName'
  | 'session'
  | 'sourceIp'
  | 'invokedBy'
  | 'errorCode'
> & { byHand: boolean; claimCause: string | null };

/** What they were asked for. */
export type Subject = Pick<AuditRecord, 'workspace' | 'dekId' | 'context'>;

export interface HeldEvent {
  at: number;
  caller: Caller;
  state: EventState;
  /** By which its id and its subject are found. */
  no: number;
}

export class EventLog implements Tx {
  readonly $queryRawUnsafe = async <T>(): Promise<T> => noRows<T>();
  readonly $executeRawUnsafe = async (): Promise<number> => 0;
  readonly #ids = new Texts();
  readonly #at = new NumberColumn(Float64Array);
  readonly #states = new NumberColumn(Uint8Array);
  readonly #callers = new Distinct<Caller>();
  readonly #callerOf = new NumberColumn(Uint32Array);
  readonly #subjects = new DistinctTexts();
  readonly #subjectOf = new NumberColumn(Uint32Array);
  /** The events in the order of time, once all are there. */
  #order: Uint32Array | null = null;

  get size(): number {
    return this.#at.size;
  }

  add(record: AuditRecord, state: EventState): number {
    this.#order = null;
    this.#ids.push(record.eventId);
    this.#at.push(record.at);
    this.#states.push(eventStates.indexOf(state));
    this.#callerOf.push(this.#callers.of(callerId(record), () => callerOf(record)));
    const { workspace, dekId, context } = record;
    const subject = JSON.stringify([workspace, dekId, context]);
    this.#subjectOf.push(this.#subjects.of(subject));
    return this.size - 1;
  }

  /** Judges an event anew. */
  settle(no: number, state: EventState): void {
    this.#states.set(no, eventStates.indexOf(state));
  }

  /** Events of `[from, to)` in the order of time and id. */
  *within({ from, to }: { from: number; to: number }): Generator<HeldEvent> {
    const order = this.#inOrder();
    for (let place = this.#firstFrom(from); place < order.length; place += 1) {
      const event = this.#event(order[place] ?? 0);
      if (event.at >= to) return;
      yield event;
    }
  }

  /** Everyone who is in it. */
  *callers(): Generator<Caller> {
    for (const [, caller] of this.#callers.entries()) yield caller;
  }

  idOf(no: number): string {
    return this.#ids.get(no);
  }

  /** Events with the same number have the same subject. */
  subjectNo(no: number): number {
    return this.#subjectOf.get(no);
  }

  subjectOf(no: number): Subject {
    // The text is what `add` wrote.
    const [workspace, dekId, context] = JSON.parse(this.#subjects.get(this.subjectNo(no))) as [
      string | null,
      string | null,
      Subject['context'],
    ];
    return { workspace, dekId, context };
  }

  #event(no: number): HeldEvent {
    const caller = this.#callers.get(this.#callerOf.get(no));
    const state = eventStates[this.#states.get(no)] ?? 'unmatched';
    return { at: this.#at.get(no), caller, state, no };
  }

  #firstFrom(at: number): number {
    const order = this.#inOrder();
    let [from, to] = [0, order.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#at.get(order[middle] ?? 0) < at) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #inOrder(): Uint32Array {
    this.#order ??= Uint32Array.from({ length: this.size }, (_, no) => no).sort((a, b) =>
      this.#compare(a, b),
    );
    return this.#order;
  }

  #compare(a: number, b: number): number {
    return this.#at.get(a) - this.#at.get(b) || this.#ids.compare(a, b);
  }
}

/** What a query that finds nothing resolves to: each resolves to a list of rows. */
const noRows = <T>(): T => [] as T;

/** Whether a reading is of a log in memory. */
export const isEventLog = (tx: object): tx is EventLog => tx instanceof EventLog;

function callerOf(record: AuditRecord): Caller {
  const { provider, operation, action, key, otherKeys, principal, principalName } = record;
  const { session, sourceIp, invokedBy, errorCode, claim, userAgent, recipientAccount } = record;
  return {
    ...{ provider, operation, action, key, otherKeys, recipientAccount, principal, principalName },
    ...{ session, sourceIp, invokedBy, errorCode },
    byHand: isByHand(userAgent),
    claimCause: claim?.cause ?? null,
  };
}

function callerId(record: AuditRecord): string {
  const { operation, action, key, otherKeys, principal, principalName } = record;
  const { session, sourceIp, invokedBy, errorCode, claim, userAgent, recipientAccount } = record;
  const by = isByHand(userAgent);
  return tupleKey(
    ...[operation, action, principal, principalName, session, sourceIp, invokedBy, errorCode],
    ...[by, claim?.cause ?? null, recipientAccount, key, ...otherKeys],
  );
}
