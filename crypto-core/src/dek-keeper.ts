/**
 * Finds the DEK for an operation: in the cache, or by asking for it. The DEK is used where it is found, at once; no
 * body is encrypted or decrypted here.
 */
import { CurrentDeks } from './current-deks.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import { DekLoader, leaseEndedError } from './dek-loader.ts';
import { DekMaker, type DekMakerOptions } from './dek-maker.ts';
import type { Envelope } from './envelope.ts';
import {
  abortedError,
  authenticationFailed,
  type CryptoCoreError,
  closedError,
  refusedError,
} from './errors.ts';
import type { Lookup, Operation } from './lookup.ts';
import type { Instant } from './steady-clock.ts';
import type { Counters } from './telemetry/counters.ts';
import { minuteOf } from './telemetry/counters.ts';
import type { LookupOutcome, Path } from './telemetry/port.ts';

export interface DekKeeperOptions extends DekMakerOptions {
  counters: Counters;
}

export class DekKeeper {
  readonly #options: DekKeeperOptions;
  readonly #loader: DekLoader;
  readonly #maker: DekMaker;
  readonly #currents: CurrentDeks;

  constructor(options: DekKeeperOptions) {
    this.#options = options;
    this.#loader = new DekLoader(options);
    this.#currents = new CurrentDeks(options.policy);
    this.#maker = new DekMaker(options, this.#loader, this.#currents);
  }

  close(): void {
    this.#loader.close();
    this.#options.room.close();
    this.#currents.clear();
  }

  /** Zeroises what has expired. */
  sweep(): void {
    this.#options.cache.sweep(this.#options.clock.now());
  }

  /** The DEK of an envelope where it is held, and counts the hit. @throws {CryptoCoreError} */
  heldForDecryption(
    operation: Operation,
    keyUri: string,
    envelope: Envelope,
  ): DekEntry | undefined {
    const { cache, counters } = this.#options;
    const now = this.#begin(operation, keyUri, 'decrypt');
    const { recent } = operation;
    // Within a handle the DEK that it used last is mostly the next one's too, and its commitment says so.
    const known = recent?.held === true && cache.commits(recent, envelope.bytes);
    const entry = known ? recent : cache.hit(cacheKey(operation.workspace, envelope.bytes), now);
    if (entry === undefined || entry.keyUri !== keyUri) return undefined;
    if (known && !cache.holds(entry, now)) return undefined;
    counters.lookup(operation, keyUri, now.wall, 'decrypt', 'hit');
    if (!known) this.#checkGenuine(entry, envelope);
    operation.recent = entry;
    return entry;
  }

  /** Uses the DEK of an envelope that nobody changes meanwhile once the KMS has given it. @throws {CryptoCoreError} */
  loadForDecryption<T>(
    operation: Operation,
    keyUri: string,
    envelope: Envelope,
    use: (entry: DekEntry) => T,
  ): Promise<T> {
    envelope.checkText();
    const lookup = this.#lookup(operation, keyUri, 'decrypt', 0);
    const waiter = this.#options.room.enter(lookup, (entry) => {
      this.#checkGenuine(entry, envelope);
      return use(entry);
    });
    this.#loader.load(waiter, envelope.header, envelope);
    return waiter.result;
  }

  /** The workspace's current DEK where it is held and may seal so many bytes, and counts the hit. */
  heldForEncryption(operation: Operation, keyUri: string, bytes: number): DekEntry | undefined {
    const now = this.#begin(operation, keyUri, 'encrypt');
    const current = this.#currents.usable(operation.workspace, keyUri, now, bytes);
    if (current === undefined) return undefined;
    const entry = this.#maker.current(current, now);
    if (entry === undefined || !this.#currents.take(current, bytes)) return undefined;
    this.#options.counters.lookup(operation, keyUri, now.wall, 'encrypt', 'hit');
    this.refreshIfDue(operation, keyUri, entry, current.header, 'encrypt');
    return entry;
  }

  /** Uses the workspace's current DEK for so many bytes once it was made or loaded. @throws {CryptoCoreError} */
  obtainForEncryption<T>(
    operation: Operation,
    keyUri: string,
    bytes: number,
    use: (entry: DekEntry) => T,
  ): Promise<T> {
    const lookup = this.#lookup(operation, keyUri, 'encrypt', bytes);
    const waiter = this.#options.room.enter(lookup, use);
    this.#maker.obtain(waiter);
    return waiter.result;
  }

  /**
   * Asks for a DEK ahead of its lease's end where it is time. Only a header that was authenticated is shown to the KMS
   * on the DEK's behalf.
   */
  refreshIfDue(
    operation: Operation,
    keyUri: string,
    entry: DekEntry,
    header: Buffer,
    path: Path,
  ): void {
    if (entry.refreshAheadMs === 0 || !entry.isDue(this.#options.clock.now())) return;
    const lookup = this.#lookup(operation, keyUri, path, 0);
    this.#loader.refresh(entry, Buffer.from(header), lookup);
  }

  /** Whether so many DEKs more could displace others. */
  mayEvict(more: number): boolean {
    return this.#options.cache.mayEvict(more);
  }

  /** Makes these the most recently used, the last one most. */
  touch(entries: readonly DekEntry[]): void {
    const now = this.#options.clock.now();
    for (const { key } of entries) this.#options.cache.hit(key, now);
  }

  /** Refuses to give out what was opened under a DEK that must no longer be used. @throws {CryptoCoreError} */
  checkRelease(entry: DekEntry): void {
    if (this.#loader.closed) throw closedError();
    if (this.#options.cache.deniedSince(entry.keyUri, entry.loaded)) {
      throw refusedError('denied', 'Decrypt', 'DeniedMeanwhile');
    }
    if (!this.#loader.withinTtl(entry)) throw leaseEndedError();
  }

  /** Whether a DEK used before may still be. */
  holds(entry: DekEntry): boolean {
    const { cache, clock } = this.#options;
    return !this.#loader.closed && cache.holds(entry, clock.now());
  }

  /** Records the use of a DEK that the caller holds at this instant. */
  used(entry: DekEntry, bytes: number): void {
    this.#options.cache.count(entry, minuteOf(this.#options.clock.wall), bytes);
  }

  /** The instant of a lookup that may begin. @throws {CryptoCoreError} */
  #begin(operation: Operation, keyUri: string, path: Path): Instant {
    const now = this.#options.clock.now();
    if (this.#loader.closed) throw this.#refused(operation, keyUri, path, 'closed', closedError());
    if (operation.signal?.aborted)
      throw this.#refused(operation, keyUri, path, 'aborted', abortedError());
    return now;
  }

  #refused(
    operation: Operation,
    keyUri: string,
    path: Path,
    outcome: LookupOutcome,
    error: CryptoCoreError,
  ): CryptoCoreError {
    const { clock, counters } = this.#options;
    counters.lookup(operation, keyUri, clock.wall, path, outcome);
    return error;
  }

  /** A lookup that must wait. @throws what a router throws where nobody reaches the key */
  #lookup(operation: Operation, keyUri: string, path: Path, bytes: number): Lookup {
    const { workspace, scope, tag, signal } = operation;
    this.#options.caller.providerFor({ workspace, keyUri });
    const now = this.#options.clock.now();
    return { workspace, scope, tag, signal, keyUri, path, now, at: now.wall, bytes };
  }

  /** An attacker may name a held DEK's id: the commitment says whether it is that DEK, the AAD covers the rest. */
  #checkGenuine(entry: DekEntry, envelope: Envelope): void {
    if (!this.#options.cache.commits(entry, envelope.bytes)) throw authenticationFailed();
  }
}
