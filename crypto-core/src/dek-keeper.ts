/**
 * Finds the DEK for an operation: in the cache, or by asking for it. The DEK is used where it is found, at once; no
 * body is encrypted or decrypted here.
 */
import { CurrentDeks } from './current-deks.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import { DekLoader, leaseEndedError } from './dek-loader.ts';
import { DekMaker, type DekMakerOptions } from './dek-maker.ts';
import { type Envelope, keyUriBytesMax } from './envelope.ts';
import { abortedError, authenticationFailed, closedError } from './errors.ts';
import { refusedError } from './kms-caller.ts';
import type { Lookup, Operation } from './lookup.ts';
import { minuteOf } from './telemetry/counters.ts';
import type { Path } from './telemetry/port.ts';

export interface DekKeeperOptions extends DekMakerOptions {
  keyFor: (workspace: string) => string;
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

  /** Uses the DEK of an envelope. @throws {CryptoCoreError} */
  forDecryption<T>(
    operation: Operation,
    envelope: Envelope,
    use: (entry: DekEntry) => T,
  ): T | Promise<T> {
    const now = this.#options.clock.now();
    const { cache, room } = this.#options;
    const lookup = this.#lookup(operation, 'decrypt', now.wall, 0);
    // An attacker may name a held DEK's id: the commitment says whether it is that DEK, the AAD covers the rest.
    const genuine = (entry: DekEntry) => {
      if (!cache.commits(entry, envelope.bytes)) throw authenticationFailed();
      return use(entry);
    };
    const entry = cache.hit(cacheKey(lookup.workspace, envelope.bytes), now);
    if (entry !== undefined) {
      room.count(lookup, 'hit');
      const used = genuine(entry);
      // Only what has been authenticated is shown to the KMS on the DEK's behalf.
      if (entry.isDue(now)) this.#loader.refresh(entry, envelope.header, lookup);
      return used;
    }
    envelope.checkText();
    const waiter = room.enter(lookup, genuine);
    this.#loader.load(waiter, envelope.header, envelope);
    return waiter.result;
  }

  /** Uses the workspace's current DEK, made or loaded where needed. @throws {CryptoCoreError} */
  forEncryption<T>(
    operation: Operation,
    bytes: number,
    use: (entry: DekEntry) => T,
  ): T | Promise<T> {
    const now = this.#options.clock.now();
    const lookup = this.#lookup(operation, 'encrypt', now.wall, bytes);
    const current = this.#currents.usable(lookup);
    const entry = current && this.#maker.hit(current, now);
    if (entry !== undefined && current !== undefined && this.#currents.reserve(entry, bytes)) {
      this.#options.room.count(lookup, 'hit');
      if (entry.isDue(now)) this.#loader.refresh(entry, current.header, lookup);
      return use(entry);
    }
    const waiter = this.#options.room.enter(lookup, use);
    this.#maker.obtain(waiter);
    return waiter.result;
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
    return !this.#loader.closed && cache.hit(entry.key, clock.now()) === entry;
  }

  /** Records the use of a DEK that the caller holds at this instant. */
  used(entry: DekEntry, bytes: number): void {
    this.#options.cache.use(entry, minuteOf(this.#options.runtime.now()), bytes);
  }

  #lookup(operation: Operation, path: Path, at: number, bytes: number): Lookup {
    const { keyFor, room } = this.#options;
    const { workspace, scope, tag, signal } = operation;
    const keyUri: unknown = keyFor(workspace);
    if (typeof keyUri !== 'string' || keyUri.length < 1 || keyUri.length > keyUriBytesMax)
      throw new TypeError(`keyFor must give a key URI of 1 to ${keyUriBytesMax} characters`);
    // Not spread: this is on every operation's way.
    const lookup = { workspace, scope, tag, signal, at, bytes, path, keyUri };
    if (this.#loader.closed) room.refuse(lookup, 'closed', closedError());
    if (signal?.aborted) room.refuse(lookup, 'aborted', abortedError());
    return lookup;
  }
}
