/** The engine itself: it takes each operation from what the caller gave to the bytes that the caller gets. */
import { bootId } from './boot-id.ts';
import { type Domain, NoncePool, open, seal } from './cipher.ts';
import { DekCache } from './dek-cache.ts';
import type { DekEntry } from './dek-entry.ts';
import { groupByDek, inTurn, together } from './dek-groups.ts';
import { DekKeeper } from './dek-keeper.ts';
import { dekIdOfKey } from './dek-key.ts';
import type { DekDirectory } from './directory.ts';
import type {
  BoundEngine,
  ByteStream,
  Engine,
  EngineOptions,
  EngineSnapshot,
  MessageScope,
} from './engine.ts';
import type { Envelope } from './envelope.ts';
import { closedError } from './errors.ts';
import {
  type Binding,
  checkedWorkspace,
  parseBinding,
  parseGiven,
  parseMessage,
  parseOfMessage,
  plaintextBytesMax,
  withSignal,
} from './given.ts';
import { KeyRegistry } from './key-registry.ts';
import { KmsCaller } from './kms-caller.ts';
import { type Operation, WaitingRoom } from './lookup.ts';
import type { Policy } from './policy.ts';
import { closeQuietly } from './provider-router.ts';
import type { Runtime } from './runtime.ts';
import { SteadyClock } from './steady-clock.ts';
import { openingStream, type StreamPort, type StreamVersion, sealingStream } from './stream.ts';
import { Counters, startOfMinute } from './telemetry/counters.ts';
import { Sinks } from './telemetry/sinks.ts';
import { type Validation, validateKey } from './validate.ts';

/** Options that have been checked. */
interface CheckedOptions extends Required<Omit<EngineOptions, 'policy' | 'directory'>> {
  directory: DekDirectory | undefined;
  policy: Readonly<Policy>;
  streamVersionMin: StreamVersion;
}

const sweepEveryMs = 1_000;
/** How long `close()` waits for KMS calls under way. */
const closeWaitMsMax = 5_000;

export class EnvelopeEngine implements Engine {
  readonly process: string;
  readonly boot: string;
  readonly startedAt: number;
  readonly policy: Readonly<Policy>;
  readonly #options: CheckedOptions;
  readonly #runtime: Runtime;
  readonly #clock: SteadyClock;
  readonly #counters = new Counters();
  readonly #sinks: Sinks;
  readonly #keys: KeyRegistry;
  readonly #cache: DekCache;
  readonly #caller: KmsCaller;
  readonly #room: WaitingRoom;
  readonly #keeper: DekKeeper;
  readonly #nonces: NoncePool;
  readonly #stopSweeping: () => void;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(options: CheckedOptions) {
    const { process, policy, runtime } = options;
    this.#options = options;
    this.process = process;
    this.policy = policy;
    this.#runtime = runtime;
    this.boot = bootId(runtime);
    this.#nonces = new NoncePool(runtime.fill);
    this.#clock = new SteadyClock(runtime, () => this.#nonces.drop());
    this.startedAt = runtime.now();
    this.#sinks = new Sinks(options.telemetry, runtime);
    this.#keys = new KeyRegistry(options);
    const { boot } = this;
    const spelling = (workspace: string, keyId: string) => this.#keys.spelling(workspace, keyId);
    const shared = { policy, runtime, clock: this.#clock, counters: this.#counters, spelling };
    const nextTurn = () => runtime.sleep(0);
    this.#cache = new DekCache({ ...shared, ...policy, nextTurn });
    this.#caller = new KmsCaller({ ...options, ...shared, boot, sinks: this.#sinks });
    this.#room = new WaitingRoom({ ...shared, ...policy });
    this.#keeper = new DekKeeper({
      ...shared,
      directory: options.directory,
      room: this.#room,
      cache: this.#cache,
      caller: this.#caller,
    });
    this.#sinks.attach(this);
    this.#stopSweeping = runtime.every(sweepEveryMs, () => this.#keeper.sweep());
  }

  async encrypt(plaintext: Uint8Array, binding: Binding): Promise<Uint8Array> {
    return this.#seal(plaintext, parseBinding(binding));
  }

  async decrypt(envelope: Uint8Array, binding: Binding): Promise<Uint8Array> {
    return this.#open(envelope, parseBinding(binding));
  }

  async decryptMany(envelopes: readonly Uint8Array[], binding: Binding): Promise<Uint8Array[]> {
    return this.#openMany(envelopes, parseBinding(binding));
  }

  bind(binding: Binding): BoundEngine {
    const operation = parseBinding(binding);
    return {
      encryptHeld: (plaintext, options) =>
        this.#sealHeld(plaintext, withSignal(operation, options)),
      decryptHeld: (envelope, options) => this.#openHeld(envelope, withSignal(operation, options)),
      // Not async: an operation that need not wait then costs one promise only.
      encrypt: (plaintext, options) => {
        try {
          return Promise.resolve(this.#seal(plaintext, withSignal(operation, options)));
        } catch (error) {
          return Promise.reject(error);
        }
      },
      decrypt: (envelope, options) => {
        try {
          return Promise.resolve(this.#open(envelope, withSignal(operation, options)));
        } catch (error) {
          return Promise.reject(error);
        }
      },
      decryptMany: async (envelopes, options) =>
        this.#openMany(envelopes, withSignal(operation, options)),
      sealStream: (options) => this.#sealStream(operation, options),
      openStream: () => this.#openStream(operation),
    };
  }

  async message<T>(
    about: { workspace: string; tag?: string; signal?: AbortSignal },
    work: (message: MessageScope) => Promise<T>,
  ): Promise<T> {
    const message = parseMessage(about);
    const { workspace } = message;
    const known = this.#keys.of(workspace, message.signal);
    const keyUri = typeof known === 'string' ? known : await known;
    this.#counters.message(workspace, keyUri, this.#runtime.now());
    return work({
      encrypt: async (plaintext, context, options) =>
        this.#seal(plaintext, parseOfMessage(message, context, options)),
      decrypt: async (envelope, context, options) =>
        this.#open(envelope, parseOfMessage(message, context, options)),
      decryptMany: async (envelopes, context, options) =>
        this.#openMany(envelopes, parseOfMessage(message, context, options)),
    });
  }

  sealStream(binding: Binding, options?: { frameBytes?: number }): ByteStream {
    return this.#sealStream(parseBinding(binding), options);
  }

  openStream(binding: Binding): ByteStream {
    return this.#openStream(parseBinding(binding));
  }

  async validate(workspace: string): Promise<Validation> {
    checkedWorkspace(workspace);
    if (this.#closing !== undefined) throw closedError();
    const keyUri = await this.#keys.of(workspace, undefined);
    const { ttlMs } = this.policy;
    const result = await validateKey({
      workspace,
      keyUri,
      caller: this.#caller,
      runtime: this.#runtime,
      ttlMs,
    });
    const denied = !result.ok && result.inForceBy !== undefined;
    if (denied && result.operation === 'Decrypt') {
      this.#cache.deny(keyUri, this.#clock.now());
    }
    return result;
  }

  snapshot(): EngineSnapshot {
    const at = this.#runtime.now();
    const deks = [...this.#cache.entries()].map((entry) => ({
      id: dekIdOfKey(entry.key),
      workspace: entry.workspace,
      keyUri: entry.keyUri,
      loadedAt: entry.loaded.wall,
      leaseEndsAt: entry.leaseEndsAt,
      generation: entry.lineage.generation,
      uses: entry.uses,
    }));
    return { process: this.process, boot: this.boot, at, deks };
  }

  totals() {
    return this.#counters.totals(this.#cache.size, this.#sinks.faults);
  }

  leases() {
    return this.#cache.leases(this.#clock.now());
  }

  takeRollUp() {
    this.#cache.flushActivity();
    const { wall } = this.#clock.now();
    const openSince = Math.min(wall, this.#room.openSince, this.#caller.openSince);
    const completeUntil = startOfMinute(openSince);
    const callsTold = this.#caller.told;
    return this.#counters.takeRollUp({ completeUntil, callsTold, last: this.#closed });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopSweeping();
    this.#keeper.close();
    await this.#caller.close(closeWaitMsMax);
    this.#closed = true;
    await this.#sinks.close(this);
    closeQuietly(this.#options.provider);
  }

  #seal(plaintext: Uint8Array, operation: Operation): Buffer | Promise<Buffer> {
    return this.#sealHeld(plaintext, operation) ?? this.#sealLater(plaintext, operation);
  }

  /** Seals without a promise, which would cost a tenth of the sealing; undefined if the DEK is not held. */
  #sealHeld(plaintext: Uint8Array, operation: Operation): Buffer | undefined {
    if (!(plaintext instanceof Uint8Array)) throw new TypeError('plaintext must be a Uint8Array');
    const bytesMax = Math.min(plaintextBytesMax, this.policy.dekBytesMax);
    if (plaintext.length > bytesMax)
      throw new RangeError(`plaintext may be at most ${bytesMax} bytes`);
    const keyUri = this.#keys.atOnce(operation.workspace);
    return keyUri === undefined ? undefined : this.#sealUnder(operation, keyUri, plaintext);
  }

  #sealUnder(operation: Operation, keyUri: string, plaintext: Uint8Array): Buffer | undefined {
    const entry = this.#keeper.heldForEncryption(operation, keyUri, plaintext.length);
    return entry && this.#sealWith(entry, operation, keyUri, plaintext);
  }

  /** Seals a copy, because the caller may change its bytes meanwhile. */
  async #sealLater(plaintext: Uint8Array, operation: Operation): Promise<Buffer> {
    const kept = Buffer.from(plaintext);
    try {
      const known = this.#keys.of(operation.workspace, operation.signal);
      const keyUri = typeof known === 'string' ? known : await known;
      const seal = (entry: DekEntry) => this.#sealWith(entry, operation, keyUri, kept);
      const sealed = this.#sealUnder(operation, keyUri, kept);
      if (sealed !== undefined) return sealed;
      return await this.#keeper.obtainForEncryption(operation, keyUri, kept.length, seal);
    } finally {
      kept.fill(0);
    }
  }

  #open(bytes: Uint8Array, operation: Operation): Buffer | Promise<Buffer> {
    return this.#openHeld(bytes, operation) ?? this.#openLater(bytes, operation);
  }

  #openHeld(bytes: Uint8Array, operation: Operation): Buffer | undefined {
    const envelope = parseGiven(bytes);
    const keyUri = this.#keys.atOnce(operation.workspace);
    return keyUri === undefined ? undefined : this.#openUnder(operation, keyUri, envelope);
  }

  #openUnder(operation: Operation, keyUri: string, envelope: Envelope): Buffer | undefined {
    const entry = this.#keeper.heldForDecryption(operation, keyUri, envelope);
    if (entry === undefined) return undefined;
    const plaintext = this.#openWith(entry, envelope, operation.context);
    this.#keepAhead(operation, keyUri, entry, envelope);
    return plaintext;
  }

  /** Opens a copy, because the caller may change its bytes meanwhile. */
  async #openLater(bytes: Uint8Array, operation: Operation): Promise<Buffer> {
    const kept = parseGiven(bytes).copy();
    const known = this.#keys.of(operation.workspace, operation.signal);
    const keyUri = typeof known === 'string' ? known : await known;
    const open = (entry: DekEntry) => this.#openWith(entry, kept, operation.context);
    const opened = this.#openUnder(operation, keyUri, kept);
    return opened ?? this.#keeper.loadForDecryption(operation, keyUri, kept, open);
  }

  /** Uses the DEK of an envelope, now or once it is loaded. The envelope must be a copy of our own. */
  async #withDek<T>(
    operation: Operation,
    keyUri: string,
    envelope: Envelope,
    use: (entry: DekEntry) => T,
  ): Promise<T> {
    const entry = this.#keeper.heldForDecryption(operation, keyUri, envelope);
    if (entry === undefined)
      return this.#keeper.loadForDecryption(operation, keyUri, envelope, use);
    const used = use(entry);
    this.#keepAhead(operation, keyUri, entry, envelope);
    return used;
  }

  #keepAhead(operation: Operation, keyUri: string, entry: DekEntry, envelope: Envelope): void {
    if (entry.refreshAheadMs > 0)
      this.#keeper.refreshIfDue(operation, keyUri, entry, envelope.header, 'decrypt');
  }

  async #openMany(many: readonly Uint8Array[], operation: Operation): Promise<Buffer[]> {
    if (!Array.isArray(many)) throw new TypeError('envelopes must be an array');
    const { workspace, signal, context } = operation;
    const envelopes = many.map((bytes) => parseGiven(bytes).copy());
    const known = this.#keys.of(workspace, signal);
    const keyUri = typeof known === 'string' ? known : await known;
    const opened: Buffer[] = [];
    const work = groupByDek(envelopes).map(
      (group) => () =>
        this.#withDek(operation, keyUri, group[0].envelope, (entry) => {
          for (const { at, envelope } of group)
            opened[at] = this.#openWith(entry, envelope, context);
          return entry;
        }),
    );
    try {
      const entries = await (this.#keeper.mayEvict(work.length) ? inTurn(work) : together(work));
      this.#keeper.touch(entries);
      for (const entry of entries) this.#keeper.checkRelease(entry);
      return opened;
    } catch (error) {
      for (const plaintext of opened) plaintext?.fill(0);
      throw error;
    }
  }

  #sealStream(operation: Operation, options: { frameBytes?: number } = {}): ByteStream {
    return sealingStream(this.#streamPort(operation), options.frameBytes);
  }

  #openStream(operation: Operation): ByteStream {
    return openingStream(this.#streamPort(operation), this.#options.streamVersionMin);
  }

  #streamPort(operation: Operation): StreamPort {
    const { workspace, signal, context } = operation;
    return {
      fill: this.#runtime.fill,
      holds: (entry) => this.#keeper.holds(entry),
      seal: async (plaintext) => {
        const keyUri = await this.#keys.of(workspace, signal);
        const use = (entry: DekEntry) => ({
          entry,
          preamble: this.#sealWith(entry, operation, keyUri, plaintext, 'stream'),
        });
        const held = this.#keeper.heldForEncryption(operation, keyUri, plaintext.length);
        if (held !== undefined) return use(held);
        return this.#keeper.obtainForEncryption(operation, keyUri, plaintext.length, use);
      },
      open: async (bytes, domain) => {
        const preamble = parseGiven(bytes);
        const keyUri = await this.#keys.of(workspace, signal);
        return this.#withDek(operation, keyUri, preamble, (entry) => ({
          entry,
          plaintext: this.#openWith(entry, preamble, context, domain),
        }));
      },
    };
  }

  #sealWith(
    entry: DekEntry,
    operation: Operation,
    keyUri: string,
    plaintext: Uint8Array,
    domain?: Domain,
  ): Buffer {
    const { header, workspace } = entry;
    // The last check before bytes are sealed: whatever went wrong before, they never get another customer's key.
    if (workspace !== operation.workspace || entry.keyUri !== keyUri || header === undefined)
      throw new Error('the DEK belongs to another workspace or key');
    this.#keeper.used(entry, plaintext.length);
    const key = this.#cache.keyOf(entry);
    const { context } = operation;
    return seal({ header, key, context, plaintext, nonces: this.#nonces }, domain);
  }

  #openWith(entry: DekEntry, envelope: Envelope, context: Buffer, domain?: Domain): Buffer {
    const plaintext = open(envelope, this.#cache.keyOf(entry), context, domain);
    this.#keeper.used(entry, plaintext.length);
    return plaintext;
  }
}
