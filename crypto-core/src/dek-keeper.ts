/**
 * Finds the DEK for an operation: in the cache, through the directory of encryption DEKs, or by asking the KMS. No
 * body is encrypted or decrypted here.
 */
import type { Cause } from './causes.ts';
import { dekBytes, expandDek } from './cipher.ts';
import { cacheKey, type DekEntry, type Instant, type LoadReason } from './dek-cache.ts';
import {
  closedError,
  DekLoader,
  type DekLoaderOptions,
  type Flight,
  fingerprint,
  type Lookup,
  type Operation,
  type WrappedDek,
} from './dek-loader.ts';
import type { DekDirectory } from './directory.ts';
import {
  dekIdText,
  type EnvelopeHeader,
  parseHeader,
  sameCommitment,
  serializeHeader,
} from './envelope.ts';
import { CryptoCoreError } from './errors.ts';
import { refusedError } from './kms-caller.ts';
import { rotationDue } from './policy.ts';
import { KmsFault } from './provider.ts';
import { minuteOf } from './telemetry/counters.ts';
import type { Path } from './telemetry/port.ts';

export interface DekKeeperOptions extends DekLoaderOptions {
  directory: DekDirectory;
  keyFor: (workspace: string) => string;
}

interface CurrentDek {
  id: string;
  /** Of `cacheKey`. */
  key: string;
  header: Buffer;
  keyUri: string;
  madeAt: number;
  sealed: number;
}

export class DekKeeper {
  readonly #options: DekKeeperOptions;
  readonly #loader: DekLoader;
  readonly #current = new Map<string, CurrentDek>();
  readonly #encryptFlights = new Map<string, Flight>();

  constructor(options: DekKeeperOptions) {
    this.#options = options;
    this.#loader = new DekLoader(options);
  }

  close(): void {
    this.#loader.close();
    this.#current.clear();
  }

  /** Drops what has expired: plaintext DEKs, and pointers to encryption DEKs that are due. */
  sweep(): void {
    const now = this.#loader.now();
    this.#options.cache.sweep(now);
    for (const [workspace, current] of this.#current) {
      if (rotationDue(this.#options.policy, current.madeAt, now.wall))
        this.#current.delete(workspace);
    }
  }

  /** The live DEK of an envelope's header. @throws {CryptoCoreError} */
  forDecryption(
    operation: Operation,
    header: Buffer,
    parts: EnvelopeHeader,
  ): DekEntry | Promise<DekEntry> {
    const now = this.#loader.now();
    const lookup = this.#lookup(operation, 'decrypt', now.wall);
    if (this.#loader.closed) return this.#loader.refuse(lookup, 'closed', closedError());
    const key = cacheKey({ workspace: lookup.workspace, id: dekIdText(parts.dekId) });
    const entry = this.#options.cache.live(key, now);
    if (entry === undefined) return this.#loader.load(lookup, header, parts);
    this.#loader.count(lookup, 'hit');
    return this.#loader.genuine(entry, header);
  }

  /** The workspace's current DEK, made or loaded where needed. @throws {CryptoCoreError} */
  forEncryption(operation: Operation): DekEntry | Promise<DekEntry> {
    const now = this.#loader.now();
    const lookup = this.#lookup(operation, 'encrypt', now.wall);
    if (this.#loader.closed) return this.#loader.refuse(lookup, 'closed', closedError());
    const current = this.#usableCurrent(lookup, now.wall);
    const entry = current && this.#liveCurrent(current, now);
    if (current !== undefined && entry !== undefined) {
      this.#loader.count(lookup, 'hit');
      return this.#sealing(entry);
    }
    const flight = this.#encryptFlights.get(operation.workspace);
    if (flight !== undefined) {
      flight.waiters += 1;
      this.#loader.count(lookup, 'coalesced');
      return flight.entry.then((loaded) => this.#sealing(this.#loader.stillLive(loaded)));
    }
    const made: Flight = {
      entry: Promise.resolve().then(() => this.#obtain(lookup, made)),
      waiters: 0,
    };
    this.#encryptFlights.set(operation.workspace, made);
    const clear = () => this.#encryptFlights.delete(operation.workspace);
    made.entry.then(clear, clear);
    return made.entry.then((loaded) => this.#sealing(this.#loader.stillLive(loaded)));
  }

  /** The DEK, where it may be used at this instant after an `await`. @throws {CryptoCoreError} */
  stillLive(entry: DekEntry): DekEntry {
    return this.#loader.stillLive(entry);
  }

  /** Records the use of a DEK that the caller holds at this instant. */
  used(entry: DekEntry, bytes: number): void {
    this.#options.cache.use(entry, minuteOf(this.#options.runtime.now()), bytes);
  }

  async #obtain(lookup: Lookup, flight: Flight): Promise<DekEntry> {
    const { directory } = this.#options;
    let current = this.#usableCurrent(lookup, lookup.at);
    let previous: Buffer | undefined;
    if (current === undefined) {
      previous = await this.#fromDirectory(lookup, directory);
      const found = previous && this.#adoptable(lookup, previous);
      if (found !== undefined) {
        this.#current.set(lookup.workspace, found);
        current = found;
      }
    }
    if (current === undefined) return this.#make(lookup, flight, previous);
    const entry = this.#liveCurrent(current, this.#loader.now());
    if (entry === undefined)
      return this.#loader.load(
        lookup,
        current.header,
        parseHeader(current.header),
        () => flight.waiters,
      );
    this.#loader.count(lookup, 'hit');
    return entry;
  }

  async #make(lookup: Lookup, flight: Flight, previous: Buffer | undefined): Promise<DekEntry> {
    const { caller } = this.#options;
    const riding = this.#ridesOutage(lookup, previous);
    const refusal = caller.refusal('Encrypt', lookup.keyUri);
    if (refusal !== undefined) {
      if (refusal.kind === 'outage' && riding !== undefined) {
        this.#loader.count(lookup, 'hit');
        return riding;
      }
      const outcome = refusal.kind === 'denied' ? 'denial' : 'outage';
      return this.#loader.refuse(
        lookup,
        outcome,
        refusedError(refusal.kind, 'Encrypt', refusal.reason),
      );
    }
    this.#loader.count(lookup, 'miss');
    let made: WrappedDek;
    try {
      made = await this.#wrapNew(lookup, flight, previous);
    } catch (error) {
      const outage = error instanceof KmsFault && error.kind === 'outage';
      if (outage && riding !== undefined) return riding;
      throw this.#loader.translate(error, 'Encrypt', lookup.keyUri);
    }
    const winner = await this.#replace(lookup.workspace, previous, made);
    this.#setCurrent(lookup, winner);
    if (Buffer.compare(winner, made.header) === 0) return this.#loader.store(lookup, made);
    made.dataKey.fill(0);
    const reason: LoadReason = { cause: 'dek.adopted', generation: 0 };
    return this.#loader.fetch(lookup, winner, parseHeader(winner), reason, () => flight.waiters);
  }

  async #wrapNew(
    lookup: Lookup,
    flight: Flight,
    previous: Buffer | undefined,
  ): Promise<WrappedDek> {
    const { runtime, provider } = this.#options;
    const dek = Buffer.allocUnsafeSlow(dekBytes);
    runtime.fill(dek);
    const rawId = Buffer.allocUnsafe(16);
    runtime.fill(rawId);
    rawId.writeUIntBE(lookup.at, 0, 6);
    const reason = { cause: this.#newDekCause(lookup, previous), generation: 0 };
    const spec = this.#loader.spec(lookup, rawId, reason, () => flight.waiters);
    try {
      const call = await this.#options.caller.call(
        {
          ...spec,
          operation: 'Encrypt',
          fingerprint: (answer) => answer && fingerprint(answer.bytes),
        },
        (request) => provider.wrap(dek, request),
        (answer) => Buffer.from(answer.bytes),
      );
      const { dataKey, commitment } = expandDek(dek, rawId);
      const parts = { dekId: rawId, commitment, keyUri: lookup.keyUri, edek: call.value };
      return { id: dekIdText(rawId), header: serializeHeader(parts), dataKey, call };
    } finally {
      dek.fill(0);
    }
  }

  #newDekCause(lookup: Lookup, previous: Buffer | undefined): Cause {
    if (previous === undefined || parseHeader(previous).keyUri !== lookup.keyUri)
      return 'dek.first';
    return rotationDue(this.#options.policy, madeAt(previous), lookup.at)
      ? 'dek.rotation'
      : 'dek.limit';
  }

  /** While the KMS is away, a DEK that is due goes on encrypting until its lease or its message limit ends. */
  #ridesOutage(lookup: Lookup, previous: Buffer | undefined): DekEntry | undefined {
    if (previous === undefined) return undefined;
    const header = parseHeader(previous);
    if (header.keyUri !== lookup.keyUri) return undefined;
    const id = dekIdText(header.dekId);
    const key = cacheKey({ workspace: lookup.workspace, id });
    const entry = this.#liveCurrent({ key, header: previous }, this.#loader.now());
    const known = this.#current.get(lookup.workspace);
    const sealed = Math.max(entry?.uses ?? 0, known?.id === id ? known.sealed : 0);
    return sealed < this.#options.policy.dekMessagesMax ? entry : undefined;
  }

  /** The live DEK of a header of ours, which its envelopes get: an envelope that loaded it may have been forged. */
  #liveCurrent(
    { key, header }: { key: string; header: Buffer },
    now: Instant,
  ): DekEntry | undefined {
    const entry = this.#options.cache.live(key, now);
    if (entry === undefined || !sameCommitment(entry.header, header)) return undefined;
    entry.header = header;
    return entry;
  }

  #usableCurrent(lookup: Lookup, now: number): CurrentDek | undefined {
    const current = this.#current.get(lookup.workspace);
    if (current === undefined || current.keyUri !== lookup.keyUri) return undefined;
    const { policy } = this.#options;
    return rotationDue(policy, current.madeAt, now) || current.sealed >= policy.dekMessagesMax
      ? undefined
      : current;
  }

  #adoptable(lookup: Lookup, header: Buffer): CurrentDek | undefined {
    const parts = parseHeader(header);
    const id = dekIdText(parts.dekId);
    const known = this.#current.get(lookup.workspace);
    const exhausted = known?.id === id && known.sealed >= this.#options.policy.dekMessagesMax;
    const due = rotationDue(this.#options.policy, madeAt(header), lookup.at);
    if (exhausted || due || parts.keyUri !== lookup.keyUri) return undefined;
    return currentOf(lookup, header);
  }

  #setCurrent(lookup: Lookup, header: Buffer): void {
    this.#current.set(lookup.workspace, currentOf(lookup, header));
  }

  #sealing(entry: DekEntry): DekEntry {
    const current = this.#current.get(entry.workspace);
    if (current?.id === entry.id) current.sealed += 1;
    return entry;
  }

  async #fromDirectory(lookup: Lookup, directory: DekDirectory): Promise<Buffer | undefined> {
    try {
      const header = await directory.current(lookup.workspace);
      if (header !== undefined) parseHeader(header);
      return header && Buffer.from(header);
    } catch (cause) {
      return this.#loader.refuse(lookup, 'directory', directoryError(cause));
    }
  }

  async #replace(
    workspace: string,
    previous: Buffer | undefined,
    made: WrappedDek,
  ): Promise<Buffer> {
    try {
      return Buffer.from(await this.#options.directory.replace(workspace, previous, made.header));
    } catch (cause) {
      made.dataKey.fill(0);
      throw directoryError(cause);
    }
  }

  #lookup(operation: Operation, path: Path, at: number): Lookup {
    return { ...operation, path, at, keyUri: this.#options.keyFor(operation.workspace) };
  }
}

function currentOf({ workspace, keyUri }: Lookup, header: Buffer): CurrentDek {
  const id = dekIdText(parseHeader(header).dekId);
  const key = cacheKey({ workspace, id });
  return { id, key, header, keyUri, madeAt: madeAt(header), sealed: 0 };
}

/** When the DEK was made, epoch ms: the first six bytes of its id. */
function madeAt(header: Buffer): number {
  return header.readUIntBE(4, 6);
}

function directoryError(cause: unknown): CryptoCoreError {
  return new CryptoCoreError(
    'directory-unavailable',
    'The directory of encryption DEKs could not be reached. Try again shortly.',
    { cause },
  );
}
