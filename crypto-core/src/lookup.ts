import type { DekEntry } from './dek-entry.ts';
import { abortedError, closedError, overloadedError } from './errors.ts';
import { KeyGroups } from './key-groups.ts';
import { type Ranked, RecencyList } from './recency-list.ts';
import { Signals } from './signals.ts';
import type { Instant } from './steady-clock.ts';
import type { Counted, Counters } from './telemetry/counters.ts';
import type { LookupOutcome, Path } from './telemetry/port.ts';

/** What one operation says about itself. A bound handle makes it once for many. */
export interface Operation extends Counted {
  tag: string | undefined;
  signal: AbortSignal | undefined;
  /** The canonical bytes of workspace and context. */
  context: Buffer;
  /** The DEK that it was served with last. */
  recent: DekEntry | undefined;
}

/** A lookup in progress: enough to count it when its outcome is known. */
export interface Lookup extends Pick<Operation, 'workspace' | 'scope' | 'tag' | 'signal'> {
  /** The operation's instant; `at` is its wall clock. */
  now: Instant;
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

/** A waiter as the room sees it: each way in which waiting ends before the DEK is there. */
interface RoomWaiter extends Ranked {
  abort(): void;
  close(): void;
  displace(): void;
}

/**
 * All lookups of the engine that wait, and the place where each is counted exactly once. Bounded: where it is full, the
 * key that has most waiters loses its newest one to a key that has less.
 */
export class WaitingRoom {
  readonly #counters: Counters;
  readonly #max: number;
  readonly #waiting = new KeyGroups<RoomWaiter, RecencyList<RoomWaiter>>(() => new RecencyList());
  readonly #signals = new Signals<RoomWaiter>();
  /** In the order in which they came. */
  readonly #inside = new Set<Passenger>();

  constructor(options: { counters: Counters; waitersMax: number }) {
    this.#counters = options.counters;
    this.#max = options.waitersMax;
  }

  /** The instant of the earliest lookup that still waits, epoch ms; Infinity where none does. */
  get openSince(): number {
    for (const { lookup } of this.#inside) return lookup.at;
    return Number.POSITIVE_INFINITY;
  }

  /** A waiter for `lookup` that does `use` when its DEK is there. @throws {CryptoCoreError} where the room is full. */
  enter<T>(lookup: Lookup, use: (entry: DekEntry) => T): Waiter<T> {
    if (this.#waiting.size >= this.#max) this.#makeRoom(lookup);
    const { keyUri, signal } = lookup;
    const waiter: Waiter<T> = new Waiter(lookup, use, (outcome) => {
      this.#waiting.remove(group, waiter);
      this.#inside.delete(waiter);
      if (signal !== undefined) this.#signals.unwatch(signal, waiter);
      this.settle(waiter, outcome);
    });
    const group = this.#waiting.add(keyUri, waiter);
    this.#inside.add(waiter);
    if (signal !== undefined) this.#signals.watch(signal, waiter);
    return waiter;
  }

  /** Counts a passenger's outcome, unless it is counted already. */
  settle(passenger: Passenger, outcome: LookupOutcome): void {
    if (passenger.counted) return;
    passenger.counted = true;
    this.count(passenger.lookup, outcome);
  }

  count(lookup: Lookup, outcome: LookupOutcome): void {
    this.#counters.lookup(lookup, lookup.keyUri, lookup.at, lookup.path, outcome);
  }

  refuse(lookup: Lookup, outcome: LookupOutcome, error: Error): never {
    this.count(lookup, outcome);
    throw error;
  }

  close(): void {
    for (let last = this.#last(); last !== undefined; last = this.#last()) last.close();
  }

  #makeRoom(lookup: Lookup): void {
    const most = this.#waiting.largest?.size ?? 0;
    const own = this.#waiting.get(lookup.keyUri)?.size ?? 0;
    if (most <= own + 1) this.refuse(lookup, 'waiters', overloadedError());
    this.#last()?.displace();
  }

  /** The newest waiter of the key that has most. */
  #last(): RoomWaiter | undefined {
    return this.#waiting.largest?.items.newest;
  }
}

export class Waiter<T> implements Passenger, RoomWaiter {
  readonly lookup: Lookup;
  readonly behind = 0;
  /** What `use` made of the DEK. */
  readonly result: Promise<T>;
  counted = false;
  settled = false;
  older: this | undefined;
  newer: this | undefined;
  readonly #use: (entry: DekEntry) => T;
  readonly #leave: (outcome: LookupOutcome) => void;
  readonly #promise = Promise.withResolvers<T>();

  constructor(
    lookup: Lookup,
    use: (entry: DekEntry) => T,
    leave: (outcome: LookupOutcome) => void,
  ) {
    this.lookup = lookup;
    this.#use = use;
    this.#leave = leave;
    this.result = this.#promise.promise;
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

  abort(): void {
    this.#reject(abortedError(), 'aborted');
  }

  close(): void {
    this.#reject(closedError(), 'closed');
  }

  displace(): void {
    this.#reject(overloadedError(), 'waiters');
  }

  #reject(error: unknown, outcome: LookupOutcome): void {
    if (this.#settle(outcome)) this.#promise.reject(error);
  }

  #settle(outcome: LookupOutcome): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.#leave(outcome);
    return true;
  }
}
