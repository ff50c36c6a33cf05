import type { DekEntry } from './dek-entry.ts';
import { abortedError, closedError, overloadedError } from './errors.ts';
import type { Counters } from './telemetry/counters.ts';
import type { LookupOutcome, Path, Scope } from './telemetry/port.ts';

/** What one operation says about itself. */
export interface Operation {
  workspace: string;
  scope: Scope;
  tag: string | undefined;
  signal: AbortSignal | undefined;
}

/** A lookup in progress: enough to count it when its outcome is known. */
export interface Lookup extends Operation {
  at: number;
  keyUri: string;
  path: Path;
  /** Of plaintext that is to be sealed. */
  bytes: number;
}

/** A lookup that waits for a DEK, and what it does with it the moment it is there. */
export interface Passenger {
  readonly lookup: Lookup;
  /** Whether its outcome has been counted. */
  counted: boolean;
  /** It no longer waits: it landed or failed, was aborted, or the engine closed. */
  readonly settled: boolean;
  /** Other lookups that wait behind it. */
  readonly behind: number;
  land(entry: DekEntry): void;
  fail(error: unknown): void;
}

/** Lookups that wait for one DEK. They use it in one go when it lands, before anything can take it away. */
export class Flight {
  #aboard: Passenger[] = [];
  /** The lookup for which the KMS is asked; none for a refresh. */
  #lead: Passenger | undefined;

  board(passenger: Passenger): void {
    this.#aboard.push(passenger);
  }

  /** Those who still wait, in the order in which they came. */
  get waiting(): Passenger[] {
    this.#aboard = this.#aboard.filter((passenger) => !passenger.settled);
    return this.#aboard;
  }

  /** The first who still waits: the KMS is asked for it. */
  takeLead(): Passenger | undefined {
    this.#lead = this.#aboard.find((passenger) => !passenger.settled);
    return this.#lead;
  }

  isLead(passenger: Passenger): boolean {
    return passenger === this.#lead;
  }

  /** Lookups that wait for the call besides the one that asked. */
  get coalesced(): number {
    return this.waiting.reduce((n, one) => n + (this.isLead(one) ? 0 : 1) + one.behind, 0);
  }

  land(entry: DekEntry): void {
    for (const passenger of this.waiting) passenger.land(entry);
  }

  fail(error: unknown): void {
    for (const passenger of this.waiting) passenger.fail(error);
  }
}

/** All lookups of the engine that wait; bounded, and the place where each is counted exactly once. */
export class WaitingRoom {
  readonly #counters: Counters;
  readonly #max: number;
  readonly #waiting = new Set<{ close(): void }>();

  constructor(options: { counters: Counters; waitersMax: number }) {
    this.#counters = options.counters;
    this.#max = options.waitersMax;
  }

  /** A waiter for `lookup` that does `use` when its DEK is there. @throws {CryptoCoreError} where the room is full. */
  enter<T>(lookup: Lookup, use: (entry: DekEntry) => T): Waiter<T> {
    if (this.#waiting.size >= this.#max) this.refuse(lookup, 'waiters', overloadedError());
    const waiter: Waiter<T> = new Waiter(lookup, use, (outcome) => {
      this.#waiting.delete(waiter);
      this.settle(waiter, outcome);
    });
    this.#waiting.add(waiter);
    return waiter;
  }

  /** Counts a passenger's outcome, unless it is counted already. */
  settle(passenger: Passenger, outcome: LookupOutcome): void {
    if (passenger.counted) return;
    passenger.counted = true;
    this.count(passenger.lookup, outcome);
  }

  count(lookup: Lookup, outcome: LookupOutcome): void {
    this.#counters.lookup(lookup, lookup.scope, lookup.path, outcome);
  }

  refuse(lookup: Lookup, outcome: LookupOutcome, error: Error): never {
    this.count(lookup, outcome);
    throw error;
  }

  close(): void {
    for (const waiter of this.#waiting) waiter.close();
  }
}

export class Waiter<T> implements Passenger {
  readonly lookup: Lookup;
  readonly behind = 0;
  /** What `use` made of the DEK. */
  readonly result: Promise<T>;
  counted = false;
  settled = false;
  readonly #use: (entry: DekEntry) => T;
  readonly #leave: (outcome: LookupOutcome) => void;
  readonly #promise = Promise.withResolvers<T>();
  readonly #abort = () => this.#reject(abortedError(), 'aborted');

  constructor(
    lookup: Lookup,
    use: (entry: DekEntry) => T,
    leave: (outcome: LookupOutcome) => void,
  ) {
    this.lookup = lookup;
    this.#use = use;
    this.#leave = leave;
    this.result = this.#promise.promise;
    lookup.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  land(entry: DekEntry): void {
    if (!this.#settle('coalesced')) return;
    try {
      this.#promise.resolve(this.#use(entry));
    } catch (error) {
      this.#promise.reject(error);
    }
  }

  fail(error: unknown): void {
    this.#reject(error, 'coalesced');
  }

  close(): void {
    this.#reject(closedError(), 'closed');
  }

  #reject(error: unknown, outcome: LookupOutcome): void {
    if (this.#settle(outcome)) this.#promise.reject(error);
  }

  #settle(outcome: LookupOutcome): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.lookup.signal?.removeEventListener('abort', this.#abort);
    this.#leave(outcome);
    return true;
  }
}
