/**
 * Finds the DEK for an operation: in the cache, or by a load that the operation waits for. The caller uses a DEK in the
 * turn in which it gets it. No body is encrypted or decrypted here.
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

  /** Zeroises DEKs whose lease has ended. */
  sweep(): void {
    this.#options.cache.sweep(this.#options.clock.now());
  }

  /** The DEK of an envelope if it is held, counted as a hit. @throws {CryptoCoreError} */
  heldForDecryption(
    operation: Operation,
    keyUri: string,
    envelope: Envelope,
  ): DekEntry | undefined {
    const { cache, counters } = this.#options;
    const now = this.#begin(operation, keyUri, 'decrypt');
    const { recent } = operation;
    // A handle mostly uses one DEK again and again; the commitment says whether it is that DEK.
    const known = recent?.held === true && cache.commits(recent, envelope.bytes);
    const entry = known ? recent : cache.hit(cacheKey(operation.workspace, envelope.bytes), now);
    if (entry === undefined || entry.keyUri !== keyUri) return undefined;
    if (known && !cache.holds(entry, now)) return undefined;
    counters.lookup(operation, keyUri, now.wall, 'decrypt', 'hit');
    if (!known) this.#checkGenuine(entry, envelope);
    operation.recent = entry;
    return entry;
  }

  /** Loads the DEK of an envelope, which must not change meanwhile, and uses it. @throws {CryptoCoreError} */
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

  /** The workspace's current DEK if it is held and may seal so many bytes, counted as a hit. */
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

  /** Loads or makes the workspace's current DEK and uses it for so many bytes. @throws {CryptoCoreError} */
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
   * Loads a DEK again if its lease ends soon. The header must be authenticated: a forged one could make the KMS refuse
   * the DEK.
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

  /** Whether adding so many DEKs could evict others. */
  mayEvict(more: number): boolean {
    return this.#options.cache.mayEvict(more);
  }

  /** Makes these the most recently used DEKs, the last one the most recent. */
  touch(entries: readonly DekEntry[]): void {
    const now = this.#options.clock.now();
    for (const { key } of entries) this.#options.cache.hit(key, now);
  }

  /** Refuses plaintexts that were opened under a DEK which must no longer be used. @throws {CryptoCoreError} */
  checkRelease(entry: DekEntry): void {
    if (this.#loader.closed) throw closedError();
    if (this.#options.cache.deniedSince(entry.keyUri, entry.loaded)) {
      throw refusedError('denied', 'Decrypt', 'DeniedMeanwhile');
    }
    if (!this.#loader.withinTtl(entry)) throw leaseEndedError();
  }

  /** Whether a DEK that was used before may still be used. */
  holds(entry: DekEntry): boolean {
    const { cache, clock } = this.#options;
    return !this.#loader.closed && cache.holds(entry, clock.now());
  }

  /** Counts the use of a DEK, at the instant at which it was found. */
  used(entry: DekEntry, bytes: number): void {
    this.#options.cache.count(entry, minuteOf(this.#options.clock.wall), bytes);
  }

  /** Begins a lookup: its instant. @throws {CryptoCoreError} if the engine is closed or the operation aborted */
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

  /** A lookup that must wait. @throws what a router throws if it has no provider for the key */
  #lookup(operation: Operation, keyUri: string, path: Path, bytes: number): Lookup {
    const { workspace, scope, tag, signal } = operation;
    this.#options.caller.providerFor({ workspace, keyUri });
    const now = this.#options.clock.now();
    return { workspace, scope, tag, signal, keyUri, path, now, at: now.wall, bytes };
  }

  /** A forged envelope may name a held DEK's id, so its commitment is compared; the AAD covers the rest. */
  #checkGenuine(entry: DekEntry, envelope: Envelope): void {
    if (!this.#options.cache.commits(entry, envelope.bytes)) throw authenticationFailed();
  }
}
