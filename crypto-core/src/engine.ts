/**
 * The engine: seals and opens envelopes under DEKs that a customer's KMS key wraps. Only Encrypt and Decrypt are ever
 * called. docs/format.md fixes the bytes, docs/telemetry.md what is told. Not here: storage of envelopes.
 */
import { NoncePool, open, seal } from './cipher.ts';
import { encodeContext } from './context.ts';
import { DekCache } from './dek-cache.ts';
import type { DekEntry } from './dek-entry.ts';
import { groupByDek, inTurn, together } from './dek-groups.ts';
import { DekKeeper } from './dek-keeper.ts';
import { dekIdOfKey } from './dek-key.ts';
import type { DekDirectory } from './directory.ts';
import type { Envelope } from './envelope.ts';
import { closedError } from './errors.ts';
import { checkedSignal, outside, parseGiven, plaintextBytesMax } from './given.ts';
import { KmsCaller } from './kms-caller.ts';
import { type Operation, WaitingRoom } from './lookup.ts';
import { type Policy, type Preset, parsePolicy } from './policy.ts';
import type { KekProvider } from './provider.ts';
import { type Runtime, systemRuntime } from './runtime.ts';
import { SteadyClock } from './steady-clock.ts';
import { openingStream, type StreamPort, sealingStream } from './stream.ts';
import { Counters } from './telemetry/counters.ts';
import type { TelemetrySink, TelemetrySource } from './telemetry/port.ts';
import { type Validation, validateKey } from './validate.ts';

export interface EngineOptions {
  /** How the customer's KMS is reached. */
  provider: KekProvider;
  /** The key URI registered for a workspace; every KMS call names it. Throw where the workspace is unknown. */
  keyFor: (workspace: string) => string;
  /** Where processes share each workspace's current encryption DEK. Not needed with `policy.deks: 'private'`. */
  directory?: DekDirectory;
  /** A preset or changes to `daily`. Default `daily`: DEK 24 h, TTL 1 h. */
  policy?: Preset | Partial<Policy>;
  /** This process's stable name in telemetry and claims: 1 to 64 of letters, digits, `-`, `_`. */
  process: string;
  /** Receivers of telemetry. Default none. */
  telemetry?: readonly TelemetrySink[];
  /** Clock, randomness and waiting. Default the system's. */
  runtime?: Runtime;
}

/** Names what an envelope belongs to; all of it is authenticated and none of it is stored in the envelope. */
export interface Binding {
  workspace: string;
  /** The caller's own context: strings only, at most 63 entries and 64 KiB. Default none. */
  context?: Readonly<Record<string, string>>;
  /** Ends this operation's waiting with code `aborted`; a KMS call that others share goes on. */
  signal?: AbortSignal;
}

/** As in a binding; the workspace is the message's. */
type Options = Pick<Binding, 'signal'>;

/** The operations of one message: they are counted as that message's. */
export interface MessageScope {
  encrypt(
    plaintext: Uint8Array,
    context?: Binding['context'],
    options?: Options,
  ): Promise<Uint8Array>;
  decrypt(
    envelope: Uint8Array,
    context?: Binding['context'],
    options?: Options,
  ): Promise<Uint8Array>;
  decryptMany(
    envelopes: readonly Uint8Array[],
    context?: Binding['context'],
    options?: Options,
  ): Promise<Uint8Array[]>;
}

/** What the engine holds, without any key material. Instants are epoch ms. */
export interface EngineSnapshot {
  process: string;
  boot: string;
  at: number;
  deks: {
    id: string;
    workspace: string;
    keyUri: string;
    loadedAt: number;
    leaseEndsAt: number;
    generation: number;
    uses: number;
  }[];
}

/** A Web stream of bytes; `Duplex.fromWeb` makes a Node stream of it. */
export type ByteStream = TransformStream<Uint8Array, Uint8Array>;

export interface Engine extends TelemetrySource {
  /** Seals `plaintext` under the workspace's current DEK. @throws {CryptoCoreError} */
  encrypt(plaintext: Uint8Array, binding: Binding): Promise<Uint8Array>;
  /** Opens one envelope. @throws {CryptoCoreError} */
  decrypt(envelope: Uint8Array, binding: Binding): Promise<Uint8Array>;
  /** Opens envelopes of one binding, looking each distinct DEK up once. All or none. @throws {CryptoCoreError} */
  decryptMany(envelopes: readonly Uint8Array[], binding: Binding): Promise<Uint8Array[]>;
  /** Counts one message and runs `work` as its operations; `tag` is opaque and goes into telemetry. */
  message<T>(
    about: { workspace: string; tag?: string; signal?: AbortSignal },
    work: (message: MessageScope) => Promise<T>,
  ): Promise<T>;
  /** Seals a body that flows through, in frames; an operation now, and again each time a lease ends meanwhile. */
  sealStream(binding: Binding, options?: { frameBytes?: number }): ByteStream;
  /** Opens what `sealStream` made; gives out verified frames only. Errors as `decrypt` does. */
  openStream(binding: Binding): ByteStream;
  /** Wraps and unwraps random bytes under a workspace's key and says what is missing. Two KMS calls. */
  validate(workspace: string): Promise<Validation>;
  snapshot(): EngineSnapshot;
  /** Zeroises every DEK, refuses further work and sends the last telemetry. */
  close(): Promise<void>;
}

const sweepEveryMs = 1_000;
/** How long `close()` waits for KMS calls under way. */
const closeWaitMsMax = 5_000;

/**
 * @example
 * const engine = createEngine({ provider: localProvider({ secret }), directory: memoryDirectory(), process: 'api-1',
 *   keyFor: () => 'local:key/1' });
 * const envelope = await engine.encrypt(Buffer.from('hello'), { workspace: 'acme' });
 */
export function createEngine(options: EngineOptions): Engine {
  if (typeof options?.keyFor !== 'function') throw new TypeError('keyFor must be a function');
  if (typeof options.process !== 'string' || !/^[\w-]{1,64}$/.test(options.process)) {
    throw new TypeError('process must be 1 to 64 letters, digits, - or _');
  }
  if (typeof options.provider?.wrap !== 'function')
    throw new TypeError('provider must be a KekProvider');
  const policy = parsePolicy(options.policy);
  if (policy.deks === 'shared' && typeof options.directory?.replace !== 'function')
    throw new TypeError('directory must be a DekDirectory');
  return new EnvelopeEngine(options, policy);
}

class EnvelopeEngine implements Engine {
  readonly process: string;
  readonly boot: string;
  readonly startedAt: number;
  readonly policy: Readonly<Policy>;
  readonly #options: EngineOptions;
  readonly #runtime: Runtime;
  readonly #clock: SteadyClock;
  readonly #counters = new Counters();
  readonly #cache: DekCache;
  readonly #caller: KmsCaller;
  readonly #keeper: DekKeeper;
  readonly #nonces: NoncePool;
  readonly #stopSweeping: () => void;
  #closing: Promise<void> | undefined;

  constructor(options: EngineOptions, policy: Readonly<Policy>) {
    const { provider, process, keyFor, telemetry: sinks = [] } = options;
    const runtime = options.runtime ?? systemRuntime;
    this.#options = options;
    this.process = process;
    this.policy = policy;
    this.#runtime = runtime;
    this.boot = bootId(runtime);
    this.#nonces = new NoncePool(runtime.fill);
    this.#clock = new SteadyClock(runtime);
    this.startedAt = runtime.now();
    const { boot } = this;
    const shared = { provider, policy, runtime, clock: this.#clock };
    this.#cache = new DekCache({ counters: this.#counters, ...policy });
    this.#caller = new KmsCaller({ ...shared, process, boot, sinks });
    this.#keeper = new DekKeeper({
      ...shared,
      keyFor,
      directory: policy.deks === 'shared' ? options.directory : undefined,
      room: new WaitingRoom({ counters: this.#counters, ...policy }),
      cache: this.#cache,
      caller: this.#caller,
    });
    this.#stopSweeping = runtime.every(sweepEveryMs, () => this.#keeper.sweep());
    for (const sink of sinks) sink.attach(this);
  }

  async encrypt(plaintext: Uint8Array, binding: Binding): Promise<Uint8Array> {
    return this.#seal(plaintext, outside(binding), binding.context);
  }

  async decrypt(envelope: Uint8Array, binding: Binding): Promise<Uint8Array> {
    return this.#open(envelope, outside(binding), binding.context);
  }

  async decryptMany(envelopes: readonly Uint8Array[], binding: Binding): Promise<Uint8Array[]> {
    return this.#openMany(envelopes, outside(binding), binding.context);
  }

  async message<T>(
    about: { workspace: string; tag?: string; signal?: AbortSignal },
    work: (message: MessageScope) => Promise<T>,
  ): Promise<T> {
    const operation: Operation = { ...outside(about), scope: 'message', tag: about.tag };
    const one = (options: Options = {}) => ({
      ...operation,
      signal: checkedSignal(options.signal) ?? operation.signal,
    });
    const { workspace } = operation;
    this.#counters.message({
      workspace,
      keyUri: this.#options.keyFor(workspace),
      at: this.#runtime.now(),
    });
    return work({
      encrypt: async (plaintext, context, options) => this.#seal(plaintext, one(options), context),
      decrypt: async (envelope, context, options) => this.#open(envelope, one(options), context),
      decryptMany: async (envelopes, context, options) =>
        this.#openMany(envelopes, one(options), context),
    });
  }

  sealStream(binding: Binding, options: { frameBytes?: number } = {}): ByteStream {
    return sealingStream(this.#streamPort(binding), options.frameBytes);
  }

  openStream(binding: Binding): ByteStream {
    return openingStream(this.#streamPort(binding));
  }

  async validate(workspace: string): Promise<Validation> {
    if (this.#closing !== undefined) throw closedError();
    const keyUri = this.#options.keyFor(workspace);
    const { provider } = this.#options;
    const { ttlMs } = this.policy;
    const result = await validateKey({
      workspace,
      keyUri,
      provider,
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
    return this.#counters.totals(this.#cache.size);
  }

  leases() {
    return this.#cache.leases(this.#clock.now());
  }

  takeRollUp() {
    this.#cache.flushActivity();
    return this.#counters.takeRollUp();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopSweeping();
    this.#keeper.close();
    await this.#caller.close(closeWaitMsMax);
    for (const sink of this.#options.telemetry ?? []) await sink.close(this);
    this.#options.provider.close?.();
  }

  /** At once where the DEK is held: a promise more would cost a third of the sealing. */
  #seal(
    plaintext: Uint8Array,
    operation: Operation,
    context: Binding['context'],
  ): Buffer | Promise<Buffer> {
    if (!(plaintext instanceof Uint8Array)) throw new TypeError('plaintext must be a Uint8Array');
    const bytesMax = Math.min(plaintextBytesMax, this.policy.dekBytesMax);
    if (plaintext.length > bytesMax)
      throw new RangeError(`plaintext may be at most ${bytesMax} bytes`);
    const boundContext = encodeContext(operation.workspace, context);
    return this.#keeper.forEncryption(operation, plaintext.length, (entry) =>
      this.#sealWith(entry, plaintext, boundContext),
    );
  }

  #open(
    bytes: Uint8Array,
    operation: Operation,
    context: Binding['context'],
  ): Buffer | Promise<Buffer> {
    const boundContext = encodeContext(operation.workspace, context);
    const envelope = parseGiven(bytes);
    return this.#keeper.forDecryption(operation, envelope, (entry) =>
      this.#openWith(entry, envelope, boundContext),
    );
  }

  async #openMany(
    many: readonly Uint8Array[],
    operation: Operation,
    context: Binding['context'],
  ): Promise<Buffer[]> {
    if (!Array.isArray(many)) throw new TypeError('envelopes must be an array');
    const boundContext = encodeContext(operation.workspace, context);
    const opened: Buffer[] = [];
    const work = groupByDek(many.map(parseGiven)).map(
      (group) => async () =>
        this.#keeper.forDecryption(operation, group[0].envelope, (entry) => {
          for (const { at, envelope } of group)
            opened[at] = this.#openWith(entry, envelope, boundContext);
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

  #streamPort(binding: Binding): StreamPort {
    const operation = outside(binding);
    const context = encodeContext(operation.workspace, binding.context);
    return {
      fill: this.#runtime.fill,
      holds: (entry) => this.#keeper.holds(entry),
      seal: async (plaintext) =>
        this.#keeper.forEncryption(operation, plaintext.length, (entry) => ({
          entry,
          envelope: this.#sealWith(entry, plaintext, context),
        })),
      open: async (bytes) => {
        const envelope = parseGiven(bytes);
        return this.#keeper.forDecryption(operation, envelope, (entry) => ({
          entry,
          plaintext: this.#openWith(entry, envelope, context),
        }));
      },
    };
  }

  #sealWith(entry: DekEntry, plaintext: Uint8Array, context: Buffer): Buffer {
    this.#keeper.used(entry, plaintext.length);
    const { header } = entry;
    if (header === undefined) throw new Error('a DEK without a header of its own seals nothing');
    const key = this.#cache.keyObject(entry);
    return seal({ header, key, context, plaintext, nonce: this.#nonces.next() });
  }

  #openWith(entry: DekEntry, envelope: Envelope, context: Buffer): Buffer {
    const plaintext = open(envelope, this.#cache.keyObject(entry), context);
    this.#keeper.used(entry, plaintext.length);
    return plaintext;
  }
}

/** Eight of `a-z0-9`, different at every start of the process. */
function bootId(runtime: Runtime): string {
  const bytes = Buffer.alloc(8);
  runtime.fill(bytes);
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}
