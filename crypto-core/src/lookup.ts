import type { DekEntry } from './dek-entry.ts';
import { abortedError, closedError, overloadedError } from './errors.ts';
import { KeyGroups } from './key-groups.ts';
import { type Ranked, RecencyList } from './recency-list.ts';
import { Signals } from './signals.ts';
import type { Instant } from './steady-clock.ts';
import type { Counted, Counters } from './telemetry/counters.ts';
import type { LookupOutcome, Path } from './telemetry/port.ts';

/** What the caller says about one operation. A bound handle parses it once for many operations. */
export interface Operation extends Counted {
  tag: string | undefined;
  signal: AbortSignal | undefined;
  /** The canonical bytes of workspace and context. */
  context: Buffer;
  /** The DEK that the handle used last. */
  recent: DekEntry | undefined;
}

/** A lookup in progress: enough to count it when its outcome is known. */
export interface Lookup extends Pick<Operation, 'workspace' | 'scope' | 'tag' | 'signal'> {
  /** When the lookup began, by both clocks; `at` is by the wall clock alone. */
  now: Instant;
  at: number;
  keyUri: string;
  path: Path;
  /** Bytes of plaintext to seal; 0 for a decryption. */
  bytes: number;
}

/** A lookup that waits for a DEK, and what it does with the DEK at the moment it gets it. */
export interface Waiter {
  readonly lookup: Lookup;
  /** Whether its outcome has been counted. */
  counted: boolean;
  /** It no longer waits: it got the DEK or an error, was aborted, or the engine closed. */
  readonly settled: boolean;
  /** Other lookups that get the same DEK or error through this one. */
  readonly behind: number;
  resolve(entry: DekEntry): void;
  reject(error: unknown): void;
}

/** Lookups that wait for one DEK. All use it in the turn in which it comes, before anything can evict it. */
export class PendingLoad {
  #waiters: Waiter[] = [];
  /** The lookup for which the KMS is asked; none for a refresh. */
  #leader: Waiter | undefined;

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  /** Those who still wait, in the order in which they came. */
  get waiting(): Waiter[] {
    this.#waiters = this.#waiters.filter((waiter) => !waiter.settled);
    return this.#waiters;
  }

  /** Makes the first who still waits the leader: the KMS is asked for it. */
  takeLeader(): Waiter | undefined {
    this.#leader = this.#waiters.find((waiter) => !waiter.settled);
    return this.#leader;
  }

  isLeader(waiter: Waiter): boolean {
    return waiter === this.#leader;
  }

  /** Lookups that wait for the call besides the one that asked. */
  get coalesced(): number {
    return this.waiting.reduce((n, one) => n + (this.isLeader(one) ? 0 : 1) + one.behind, 0);
  }

  resolve(entry: DekEntry): void {
    for (const waiter of this.waiting) waiter.resolve(entry);
  }

  reject(error: unknown): void {
    for (const waiter of this.waiting) waiter.reject(error);
  }
}

/** A waiter as the waiting room sees it: the ways in which its wait can end without a DEK. */
interface RoomWaiter extends Ranked {
  abort(): void;
  close(): void;
  displace(): void;
}

/**
 * Holds all lookups that wait for a DEK, and counts each exactly once. It is bounded: when it is full, the key that has
 * the most waiters loses its newest one to a key that has fewer.
 */
export class WaitingRoom {
  readonly #counters: Counters;
  readonly #max: number;
  readonly #waiting = new KeyGroups<RoomWaiter, RecencyList<RoomWaiter>>(() => new RecencyList());
  readonly #signals = new Signals<RoomWaiter>();
  /** Oldest first. */
  readonly #inside = new Set<Waiter>();

  constructor(options: { counters: Counters; waitersMax: number }) {
    this.#counters = options.counters;
    this.#max = options.waitersMax;
  }

  /** When the earliest lookup that still waits began, epoch ms; Infinity if none waits. */
  get openSince(): number {
    for (const { lookup } of this.#inside) return lookup.at;
    return Number.POSITIVE_INFINITY;
  }

  /** Makes a waiter that calls `use` with the DEK of `lookup`. @throws {CryptoCoreError} if the room is full */
  enter<T>(lookup: Lookup, use: (entry: DekEntry) => T): LookupWaiter<T> {
    if (this.#waiting.size >= this.#max) this.#makeRoom(lookup);
    const { keyUri, signal } = lookup;
    const waiter: LookupWaiter<T> = new LookupWaiter(lookup, use, (outcome) => {
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

  /** Counts a waiter's outcome, unless it is counted already. */
  settle(waiter: Waiter, outcome: LookupOutcome): void {
    if (waiter.counted) return;
    waiter.counted = true;
    this.count(waiter.lookup, outcome);
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

  /** The newest waiter of the key that has the most. */
  #last(): RoomWaiter | undefined {
    return this.#waiting.largest?.items.newest;
  }
}

class LookupWaiter<T> implements Waiter, RoomWaiter {
  readonly lookup: Lookup;
  readonly behind = 0;
  /** What `use` returned. */
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

  resolve(entry: DekEntry): void {
    if (!this.#settle('coalesced')) return;
    try {
      this.#promise.resolve(this.#use(entry));
    } catch (error) {
      this.#promise.reject(error);
    }
  }

  reject(error: unknown): void {
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
