/**
 * The engine: seals and opens envelopes under DEKs that a customer's KMS key wraps. Only Encrypt and Decrypt are ever
 * called. docs/format.md fixes the bytes, docs/telemetry.md what is told. Not here: storage of envelopes.
 */
import { encodeContext, NoncePool, open, seal } from './cipher.ts';
import { DekCache, type DekEntry } from './dek-cache.ts';
import { DekKeeper } from './dek-keeper.ts';
import { closedError, type Operation } from './dek-loader.ts';
import type { DekDirectory } from './directory.ts';
import { type ParsedEnvelope, parseEnvelope } from './envelope.ts';
import { KmsCaller } from './kms-caller.ts';
import { type Policy, type Preset, parsePolicy } from './policy.ts';
import type { KekProvider } from './provider.ts';
import { type Runtime, systemRuntime } from './runtime.ts';
import { Counters } from './telemetry/counters.ts';
import type { TelemetrySink, TelemetrySource } from './telemetry/port.ts';
import { type Validation, validateKey } from './validate.ts';

export interface EngineOptions {
  /** How the customer's KMS is reached. */
  provider: KekProvider;
  /** The key URI registered for a workspace; every KMS call names it. Throw where the workspace is unknown. */
  keyFor: (workspace: string) => string;
  /** Where processes share each workspace's current encryption DEK. */
  directory: DekDirectory;
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
}

/** The operations of one message: they are counted as that message's. */
export interface MessageScope {
  encrypt(plaintext: Uint8Array, context?: Binding['context']): Promise<Uint8Array>;
  decrypt(envelope: Uint8Array, context?: Binding['context']): Promise<Uint8Array>;
  decryptMany(
    envelopes: readonly Uint8Array[],
    context?: Binding['context'],
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

export interface Engine extends TelemetrySource {
  readonly policy: Readonly<Policy>;
  /** Seals `plaintext` under the workspace's current DEK. @throws {CryptoCoreError} */
  encrypt(plaintext: Uint8Array, binding: Binding): Promise<Uint8Array>;
  /** Opens one envelope. @throws {CryptoCoreError} */
  decrypt(envelope: Uint8Array, binding: Binding): Promise<Uint8Array>;
  /** Opens envelopes of one binding, looking each distinct DEK up once. All or none. @throws {CryptoCoreError} */
  decryptMany(envelopes: readonly Uint8Array[], binding: Binding): Promise<Uint8Array[]>;
  /** Counts one message and runs `work` as its operations; `tag` is opaque and goes into telemetry. */
  message<T>(
    about: { workspace: string; tag?: string },
    work: (message: MessageScope) => Promise<T>,
  ): Promise<T>;
  /** Wraps and unwraps random bytes under a workspace's key and says what is missing. Two KMS calls. */
  validate(workspace: string): Promise<Validation>;
  snapshot(): EngineSnapshot;
  /** Zeroises every DEK, refuses further work and sends the last telemetry. */
  close(): Promise<void>;
}

const sweepEveryMs = 1_000;

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
  if (typeof options.directory?.replace !== 'function')
    throw new TypeError('directory must be a DekDirectory');
  return new EnvelopeEngine(options);
}

class EnvelopeEngine implements Engine {
  readonly process: string;
  readonly boot: string;
  readonly policy: Readonly<Policy>;
  readonly #options: EngineOptions;
  readonly #runtime: Runtime;
  readonly #counters = new Counters();
  readonly #cache: DekCache;
  readonly #caller: KmsCaller;
  readonly #keeper: DekKeeper;
  readonly #nonces: NoncePool;
  readonly #stopSweeping: () => void;
  #closing: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    const { provider, directory, keyFor, telemetry: sinks = [] } = options;
    this.#options = options;
    this.process = options.process;
    this.policy = parsePolicy(options.policy);
    const { policy, process } = this;
    const runtime = options.runtime ?? systemRuntime;
    this.#runtime = runtime;
    this.boot = bootId(runtime);
    this.#nonces = new NoncePool(runtime.fill);
    const counters = this.#counters;
    this.#cache = new DekCache({
      counters,
      heldMemoryMax: policy.heldMemoryMax,
      ttlMs: policy.ttlMs,
    });
    this.#caller = new KmsCaller({ provider, process, boot: this.boot, policy, runtime, sinks });
    const { caller, cache } = { caller: this.#caller, cache: this.#cache };
    this.#keeper = new DekKeeper({
      provider,
      directory,
      keyFor,
      policy,
      runtime,
      counters,
      cache,
      caller,
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
    about: { workspace: string; tag?: string },
    work: (message: MessageScope) => Promise<T>,
  ): Promise<T> {
    const operation: Operation = { ...outside(about), scope: 'message', tag: about.tag };
    const { workspace } = operation;
    this.#counters.message({
      workspace,
      keyUri: this.#options.keyFor(workspace),
      at: this.#runtime.now(),
    });
    return work({
      encrypt: async (plaintext, context) => this.#seal(plaintext, operation, context),
      decrypt: async (envelope, context) => this.#open(envelope, operation, context),
      decryptMany: async (envelopes, context) => this.#openMany(envelopes, operation, context),
    });
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
      this.#cache.deny(keyUri, this.#runtime.monotonic());
    }
    return result;
  }

  snapshot(): EngineSnapshot {
    const at = this.#runtime.now();
    const deks = [...this.#cache.entries()].map((entry) => ({
      id: entry.id,
      workspace: entry.workspace,
      keyUri: entry.keyUri,
      loadedAt: entry.loadedAt,
      leaseEndsAt: entry.leaseEndsAt,
      generation: entry.lineage.generation,
      uses: entry.uses,
    }));
    return { process: this.process, boot: this.boot, at, deks };
  }

  totals() {
    return this.#counters.totals(this.#cache.size);
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
    for (const sink of this.#options.telemetry ?? []) await sink.close();
    this.#options.provider.close?.();
  }

  async #seal(
    plaintext: Uint8Array,
    operation: Operation,
    context: Binding['context'],
  ): Promise<Buffer> {
    if (!(plaintext instanceof Uint8Array)) throw new TypeError('plaintext must be a Uint8Array');
    const boundContext = encodeContext(operation.workspace, context);
    const found = this.#keeper.forEncryption(operation);
    const entry = found instanceof Promise ? this.#keeper.stillLive(await found) : found;
    this.#keeper.used(entry, plaintext.length);
    const nonce = this.#nonces.next();
    return seal({
      header: entry.header,
      dataKey: entry.dataKey,
      context: boundContext,
      plaintext,
      nonce,
    });
  }

  async #open(
    bytes: Uint8Array,
    operation: Operation,
    context: Binding['context'],
  ): Promise<Buffer> {
    const boundContext = encodeContext(operation.workspace, context);
    const envelope = parseGiven(bytes);
    const found = this.#keeper.forDecryption(operation, envelope.header, envelope);
    const entry = found instanceof Promise ? this.#keeper.stillLive(await found) : found;
    return this.#openWith(entry, envelope, boundContext);
  }

  async #openMany(
    many: readonly Uint8Array[],
    operation: Operation,
    context: Binding['context'],
  ): Promise<Buffer[]> {
    if (!Array.isArray(many)) throw new TypeError('envelopes must be an array');
    const boundContext = encodeContext(operation.workspace, context);
    const envelopes = many.map(parseGiven);
    const found = new Map<string, DekEntry | Promise<DekEntry>>();
    const keys = envelopes.map((envelope) => envelope.header.toString('latin1'));
    for (const [at, envelope] of envelopes.entries()) {
      const key = keys[at] ?? '';
      if (!found.has(key)) found.set(key, this.#find(operation, envelope));
    }
    // Every lookup is awaited before any failure is thrown: none goes on unobserved.
    await Promise.allSettled(found.values());
    const opened: Buffer[] = [];
    for (const [at, envelope] of envelopes.entries()) {
      const entry = await found.get(keys[at] ?? '');
      if (entry === undefined) continue;
      opened.push(this.#openWith(this.#keeper.stillLive(entry), envelope, boundContext));
    }
    return opened;
  }

  #find(operation: Operation, envelope: ParsedEnvelope): DekEntry | Promise<DekEntry> {
    try {
      return this.#keeper.forDecryption(operation, envelope.header, envelope);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #openWith(entry: DekEntry, envelope: ParsedEnvelope, context: Buffer): Buffer {
    const plaintext = open(envelope, entry.dataKey, context);
    this.#keeper.used(entry, plaintext.length);
    return plaintext;
  }
}

function outside(binding: { workspace: string }): Operation {
  const workspace: unknown = binding?.workspace;
  if (typeof workspace !== 'string' || workspace.length < 1 || workspace.length > 256) {
    throw new TypeError('workspace must be a string of 1 to 256 characters');
  }
  if (!workspace.isWellFormed()) {
    throw new TypeError('workspace must be a well-formed string');
  }
  return { workspace, scope: 'outside', tag: undefined };
}

function parseGiven(envelope: Uint8Array): ParsedEnvelope {
  if (!(envelope instanceof Uint8Array)) throw new TypeError('envelope must be a Uint8Array');
  return parseEnvelope(envelope);
}

/** Eight of `a-z0-9`, different at every start of the process. */
function bootId(runtime: Runtime): string {
  const bytes = Buffer.alloc(8);
  runtime.fill(bytes);
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}
