/**
 * The slow path of encryption. It gives waiters a DEK to seal with: one found through the directory, one loaded from
 * the KMS, or a new one. A workspace has at most one such search under a key at a time, and all its encryptions share
 * it.
 */
import type { Cause } from './causes.ts';
import { dekBytes, expandDek, secretBuffer } from './cipher.ts';
import { type CurrentDek, type CurrentDeks, madeAt } from './current-deks.ts';
import { withinDeadline } from './deadline.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import {
  type DekLoader,
  type DekLoaderOptions,
  fingerprint,
  leaseEndedError,
  type WrappedDek,
} from './dek-loader.ts';
import type { LoadReason } from './dek-memory.ts';
import type { DekDirectory } from './directory.ts';
import { edekBytesMax, keyUriBytesMax, parseHeader, serializeHeader } from './envelope.ts';
import { CryptoCoreError, refusedError } from './errors.ts';
import { isPlainText, workspaceBytesMax } from './given.ts';
import { keyIdOf, keyUriFault } from './key-uri.ts';
import { type Lookup, PendingLoad, type Waiter } from './lookup.ts';
import { KmsFault } from './provider.ts';
import type { Instant } from './steady-clock.ts';

export interface DekMakerOptions extends DekLoaderOptions {
  /** Undefined if each process makes its own DEKs. */
  directory: DekDirectory | undefined;
  /** A key's id as the host registered it for the workspace. */
  spelling: (workspace: string, keyId: string) => string;
}

/** After so many looks a search makes a DEK, even if other processes go on making ones that its key does not open. */
const looksMax = 3;

/** Encryptions of one workspace under one key that wait for a DEK. */
class DekSearch extends PendingLoad {
  readonly workspace: string;
  readonly keyUri: string;
  /** The last header of which the KMS said that its eDEK belongs to another key. */
  wrong: Buffer | undefined;
  looks = 1;

  constructor({ workspace, keyUri }: Lookup) {
    super();
    this.workspace = workspace;
    this.keyUri = keyUri;
  }
}

export class DekMaker {
  readonly #options: DekMakerOptions;
  readonly #loader: DekLoader;
  readonly #currents: CurrentDeks;
  /** By workspace, then by key URI. */
  readonly #searches = new Map<string, Map<string, DekSearch>>();

  constructor(options: DekMakerOptions, loader: DekLoader, currents: CurrentDeks) {
    this.#options = options;
    this.#loader = loader;
    this.#currents = currents;
  }

  /** Gives the waiter a DEK that may seal its plaintext. */
  obtain(waiter: Waiter): void {
    const { workspace, keyUri } = waiter.lookup;
    const searches = this.#searches.get(workspace) ?? new Map<string, DekSearch>();
    const pending = searches.get(keyUri);
    if (pending !== undefined) {
      pending.add(waiter);
      return;
    }
    const search = new DekSearch(waiter.lookup);
    search.add(waiter);
    this.#searches.set(workspace, searches.set(keyUri, search));
    void this.#run(search);
  }

  #end({ workspace, keyUri }: DekSearch): void {
    const searches = this.#searches.get(workspace);
    searches?.delete(keyUri);
    if (searches?.size === 0) this.#searches.delete(workspace);
  }

  /** The workspace's current DEK, if it is live in the cache. */
  current(current: CurrentDek, now: Instant): DekEntry | undefined {
    const { entry } = current;
    if (entry?.header === current.header && this.#options.cache.holds(entry, now)) return entry;
    current.entry = this.hit(current, now);
    return current.entry;
  }

  /**
   * The DEK of one of our own headers, if it is live. New envelopes get this header, never that of an envelope which
   * loaded the DEK: it may be forged.
   */
  hit({ key, header }: Pick<CurrentDek, 'key' | 'header'>, now: Instant): DekEntry | undefined {
    const { cache } = this.#options;
    const entry = cache.hit(key, now);
    if (entry === undefined || entry.header === header) return entry;
    if (!cache.commits(entry, header)) return undefined;
    entry.header = header;
    return entry;
  }

  async #run(search: DekSearch): Promise<void> {
    try {
      await this.#look(search);
    } catch (error) {
      this.#reject(search, error);
    }
  }

  async #look(search: DekSearch): Promise<void> {
    const { directory, room } = this.#options;
    let leader = search.takeLeader();
    let current = leader && this.#usable(leader.lookup);
    let previous = leader && this.#currents.get(leader.lookup.workspace)?.header;
    if (leader !== undefined && directory !== undefined) {
      if (current === undefined || this.#isWrong(search, leader, current.header)) {
        previous = await this.#fromDirectory(leader, directory);
        // The leader may have been aborted meanwhile.
        leader = search.takeLeader();
        current = leader && previous && this.#currents.adopt(leader.lookup, previous);
      }
    }
    if (leader === undefined) return void this.#end(search);
    const wrong = current && this.#isWrong(search, leader, current.header);
    if (current === undefined || wrong || search.looks === looksMax) {
      return this.#make(search, leader, previous);
    }
    const entry = this.hit(current, this.#options.clock.now());
    if (entry === undefined) return this.#load(search, leader, current);
    room.settle(leader, 'hit');
    this.#resolve(search, entry, current.header);
  }

  #usable({ workspace, keyUri, now, bytes }: Lookup): CurrentDek | undefined {
    return this.#currents.usable(workspace, keyUri, now, bytes);
  }

  #isWrong(search: DekSearch, { lookup }: Waiter, header: Buffer): boolean {
    return search.wrong?.equals(header) || this.#loader.isWrong(lookup, header);
  }

  /** Loads the current DEK. All encryptions of the search wait for that load as one waiter. */
  #load(search: DekSearch, leader: Waiter, current: CurrentDek): void {
    const currents = this.#currents;
    const waiter: Waiter = {
      lookup: leader.lookup,
      get counted() {
        return leader.counted;
      },
      set counted(counted) {
        leader.counted = counted;
      },
      settled: false,
      get behind() {
        const served = currents.withRoom(search.waiting, current.sealed);
        return served.filter((one) => one !== leader).length;
      },
      resolve: (entry) => this.#resolve(search, entry, current.header),
      reject: (error) => {
        const wrong = error instanceof CryptoCoreError && error.code === 'authentication-failed';
        if (!wrong) {
          this.#reject(search, error);
          return;
        }
        // The encryption looks up again, now for a DEK that its key opens.
        search.wrong = current.header;
        search.looks += 1;
        leader.counted = false;
        void this.#run(search);
      },
    };
    this.#loader.load(waiter, current.header, parseHeader(current.header));
  }

  async #make(search: DekSearch, leader: Waiter, previous: Buffer | undefined): Promise<void> {
    const { caller, room, directory } = this.#options;
    const { lookup } = leader;
    const refusal = caller.refusal('Encrypt', lookup.keyUri);
    if (refusal !== undefined) {
      const fallback =
        refusal.kind === 'outage' ? this.#usableInOutage(lookup, previous) : undefined;
      room.settle(leader, fallback ? 'hit' : refusal.kind === 'denied' ? 'denial' : 'outage');
      if (fallback !== undefined) return this.#resolve(search, fallback.entry, fallback.header);
      throw refusedError(refusal.kind, 'Encrypt', refusal.reason);
    }
    const misuse = newNameFault(lookup, previous);
    if (misuse !== undefined) {
      // Misuse is not counted as an operation.
      for (const waiter of search.waiting) waiter.counted = true;
      throw misuse;
    }
    room.settle(leader, 'miss');
    let made: WrappedDek;
    try {
      made = await this.#wrapNew(search, lookup, previous);
    } catch (error) {
      const outage = error instanceof KmsFault && error.kind === 'outage';
      const fallback = outage && !this.#loader.closed && this.#usableInOutage(lookup, previous);
      if (fallback) return this.#resolve(search, fallback.entry, fallback.header);
      throw this.#loader.translate(error, 'Encrypt', lookup.keyUri);
    }
    const winner = directory ? await this.#replace(directory, lookup, previous, made) : made.header;
    const current = this.#currents.replace(lookup, winner);
    if (winner.equals(made.header)) {
      return this.#resolve(search, this.#loader.admit(lookup, made), current.header);
    }
    made.expanded.dataKey.fill(0);
    const reason: LoadReason = { cause: 'dek.adopted', generation: 0 };
    const load = { lookup, header: winner, parts: parseHeader(winner), reason };
    const adopted = await this.#loader.unwrap(load, () => this.#coalesced(search));
    this.#resolve(search, this.#loader.admit(lookup, adopted), current.header);
  }

  async #wrapNew(
    search: DekSearch,
    lookup: Lookup,
    previous: Buffer | undefined,
  ): Promise<WrappedDek> {
    const { runtime, caller } = this.#options;
    const dek = secretBuffer(dekBytes);
    runtime.fill(dek);
    const rawId = Buffer.allocUnsafe(16);
    runtime.fill(rawId);
    rawId.writeUIntBE(lookup.at, 0, 6);
    const reason = { cause: this.#newDekCause(search, lookup, previous), generation: 0 };
    const spec = this.#loader.spec(lookup, rawId, reason, () => this.#coalesced(search));
    try {
      const call = await caller.call(
        {
          ...spec,
          operation: 'Encrypt',
          fingerprint: (answer) => answer && fingerprint(answer.bytes),
        },
        (provider, request) => provider.wrap(dek, request),
        (answer) => edekOf(answer.bytes),
      );
      const expanded = expandDek(dek, rawId);
      const { commitment } = expanded;
      const keyUri = this.#options.spelling(lookup.workspace, lookup.keyUri);
      const parts = { dekId: rawId, commitment, keyUri, edek: call.value };
      return { header: serializeHeader(parts), expanded, call };
    } finally {
      dek.fill(0);
    }
  }

  #newDekCause(search: DekSearch, lookup: Lookup, previous: Buffer | undefined): Cause {
    if (previous === undefined || !isOfKey(previous, lookup.keyUri)) return 'dek.first';
    const createdAt = madeAt(previous);
    const seenAt = this.#currents.seenAt(lookup, previous);
    if (this.#currents.isDue({ createdAt, seenAt }, lookup.now)) return 'dek.rotation';
    // A header that the key does not open counts as none.
    const wrong = search.wrong !== undefined || this.#loader.isWrong(lookup, previous);
    return wrong ? 'dek.first' : 'dek.limit';
  }

  /** In an outage, the DEK that is due: it goes on encrypting until its lease ends or a limit is met. */
  #usableInOutage(lookup: Lookup, previous: Buffer | undefined) {
    if (previous === undefined || !isOfKey(previous, lookup.keyUri)) return undefined;
    const key = cacheKey(lookup.workspace, previous);
    const entry = this.hit({ key, header: previous }, this.#options.clock.now());
    if (entry === undefined || !this.#currents.prolong(lookup, entry, previous)) return undefined;
    return { entry, header: previous };
  }

  /** How many lookups besides the leader will use the new DEK. */
  #coalesced(search: DekSearch): number {
    const served = this.#currents.withRoom(search.waiting);
    return served.filter((one) => !search.isLeader(one)).length;
  }

  /** Gives the DEK to all waiters that its limits allow; a new search begins for the others. */
  #resolve(search: DekSearch, entry: DekEntry, header: Buffer): void {
    this.#end(search);
    entry.header = header;
    if (!this.#loader.withinTtl(entry)) search.reject(leaseEndedError());
    for (const waiter of search.waiting) {
      if (this.#currents.reserve(entry, waiter.lookup.bytes)) waiter.resolve(entry);
      else this.obtain(waiter);
    }
  }

  #reject(search: DekSearch, error: unknown): void {
    this.#end(search);
    search.reject(error);
  }

  async #fromDirectory(leader: Waiter, directory: DekDirectory): Promise<Buffer | undefined> {
    try {
      const { workspace } = leader.lookup;
      const header = await this.#inTime((signal) => directory.current(workspace, { signal }));
      if (header === undefined) return undefined;
      parseHeader(header);
      return Buffer.from(header);
    } catch (cause) {
      this.#options.room.settle(leader, 'directory');
      throw directoryError(cause);
    }
  }

  async #replace(
    directory: DekDirectory,
    { workspace }: Lookup,
    previous: Buffer | undefined,
    made: WrappedDek,
  ): Promise<Buffer> {
    try {
      const winner = await this.#inTime((signal) =>
        directory.replace(workspace, previous, made.header, { signal }),
      );
      parseHeader(winner);
      return Buffer.from(winner);
    } catch (cause) {
      made.expanded.dataKey.fill(0);
      throw directoryError(cause);
    }
  }

  #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { runtime, policy } = this.#options;
    const late = () => new Error('the directory did not answer in time');
    return withinDeadline({ runtime, ms: policy.attemptTimeoutMs, work, late });
  }
}

/** Refuses an eDEK that is too long for a header. */
function edekOf(bytes: Uint8Array): Buffer {
  if (bytes.length < 1 || bytes.length > edekBytesMax)
    throw new KmsFault('outage', 'EdekOutOfBounds', { sent: true });
  return Buffer.from(bytes);
}

/** A workspace or key URI that is new must be text which can be shown, compared and stored anywhere. */
function newNameFault(
  { workspace, keyUri }: Lookup,
  previous: Buffer | undefined,
): TypeError | undefined {
  if (previous === undefined && !isPlainText(workspace, workspaceBytesMax))
    return new TypeError(
      `workspace must be at most ${workspaceBytesMax} bytes of text without control characters where it is new`,
    );
  if (previous !== undefined && isOfKey(previous, keyUri)) return undefined;
  if (!isPlainText(keyUri, keyUriBytesMax))
    return new TypeError(
      `a key URI must be at most ${keyUriBytesMax} bytes of text without control characters where it is new`,
    );
  return keyUriFault(keyUri);
}

const isOfKey = (header: Buffer, keyId: string) => keyIdOf(parseHeader(header).keyUri) === keyId;

function directoryError(cause: unknown): CryptoCoreError {
  return new CryptoCoreError(
    'directory-unavailable',
    'The directory of encryption DEKs could not be reached. Try again shortly.',
    { cause },
  );
}
