/** Shared by the tests of crypto-core: a manual clock, a KMS that answers as planned, and a sink that records. */
import { createHash, createSecretKey, randomBytes, randomFillSync } from 'node:crypto';
import { expandDek, NoncePool, seal } from '../src/cipher.ts';
import { encodeContext } from '../src/context.ts';
import {
  CryptoCoreError,
  createEngine,
  type DekDirectory,
  type EngineOptions,
  type KekProvider,
  type KmsAnswer,
  type KmsCall,
  KmsFault,
  type KmsFaultKind,
  type KmsRequest,
  memoryDirectory,
  parseEnvelope,
  type RollUp,
  type Runtime,
  serializeHeader,
  type TelemetrySink,
  type TelemetrySource,
} from '../src/index.ts';
import { keyIdOf } from '../src/key-uri.ts';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const startAt = Date.UTC(2026, 0, 5, 9, 0, 0);
export const keyUri = 'arn:aws:kms:eu-central-1:111122223333:key/one';

/** Both clocks stand still until the test advances them. A wait advances them by itself. */
export class ManualRuntime implements Runtime {
  wall = startAt;
  mono = 5_000;
  jitter = 0.5;
  readonly sleeps: number[] = [];
  timers: { ms: number; task: () => void; stopped: boolean }[] = [];
  fill: Runtime['fill'] = (buffer) => {
    randomFillSync(buffer);
  };

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.mono;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.advance(ms);
  }

  random(): number {
    return this.jitter;
  }

  every(ms: number, task: () => void): () => void {
    const timer = { ms, task, stopped: false };
    this.timers = [...this.timers.filter(({ stopped }) => !stopped), timer];
    return () => {
      timer.stopped = true;
    };
  }

  advance(ms: number): void {
    this.wall += ms;
    this.mono += ms;
  }

  /** Runs each one-second timer once. */
  tick(): void {
    for (const timer of this.timers) if (!timer.stopped && timer.ms === secondMs) timer.task();
  }

  /** Lets all deadlines pass, with their grace period. */
  timeOut(): void {
    const late = () => this.timers.find(({ ms, stopped }) => !stopped && ms !== secondMs);
    for (let timer = late(); timer !== undefined; timer = late()) {
      this.advance(timer.ms);
      timer.task();
    }
  }
}

export type KmsOperation = 'Encrypt' | 'Decrypt';
/** A kind of fault, a fault, or a promise that delays the answer. */
export type Plan = KmsFaultKind | KmsFault | Promise<unknown>;
export interface SeenCall extends KmsRequest {
  operation: KmsOperation;
}

/** A KMS in memory. Every request is recorded; `next` plans single answers, `always` all others. */
export class FakeKms implements KekProvider {
  readonly name = 'fake';
  readonly seen: SeenCall[] = [];
  readonly #wrapped = new Map<
    string,
    { plaintext: Buffer; request: Pick<KmsRequest, 'keyUri' | 'context'> }
  >();
  readonly #next: Record<KmsOperation, Plan[]> = { Encrypt: [], Decrypt: [] };
  readonly #always: Record<KmsOperation, Plan | undefined> = {
    Encrypt: undefined,
    Decrypt: undefined,
  };
  closed = 0;

  next(operation: KmsOperation, ...plans: Plan[]): void {
    this.#next[operation].push(...plans);
  }

  always(operation: KmsOperation, plan: Plan | undefined): void {
    this.#always[operation] = plan;
  }

  count(operation: KmsOperation): number {
    return this.seen.filter((call) => call.operation === operation).length;
  }

  /** All DEKs that were ever wrapped, in the clear: they must not appear anywhere. */
  get plaintexts(): Buffer[] {
    return [...this.#wrapped.values()].map(({ plaintext }) => plaintext);
  }

  async wrap(plaintext: Uint8Array, request: KmsRequest): Promise<KmsAnswer> {
    const kept = Buffer.from(plaintext);
    await this.#follow('Encrypt', request);
    return this.#answer(this.remember(kept, request));
  }

  async unwrap(wrapped: Uint8Array, request: KmsRequest): Promise<KmsAnswer> {
    const key = Buffer.from(wrapped).toString('hex');
    await this.#follow('Decrypt', request);
    const known = this.#wrapped.get(key);
    const same =
      known !== undefined &&
      keyIdOf(known.request.keyUri) === keyIdOf(request.keyUri) &&
      known.request.context.workspace === request.context.workspace &&
      known.request.context.dekId === request.context.dekId;
    if (!same) throw fault('wrong-key');
    return this.#answer(Buffer.from(known.plaintext));
  }

  close(): void {
    this.closed += 1;
  }

  /** Wraps without the engine, as the owner of a key can. */
  remember(plaintext: Uint8Array, request: Pick<KmsRequest, 'keyUri' | 'context'>): Buffer {
    const wrapped = randomBytes(48);
    this.#wrapped.set(wrapped.toString('hex'), { plaintext: Buffer.from(plaintext), request });
    return wrapped;
  }

  async #follow(operation: KmsOperation, request: KmsRequest): Promise<void> {
    this.seen.push({ ...request, operation });
    const plan = this.#next[operation].shift() ?? this.#always[operation];
    if (plan instanceof Promise) await plan;
    else if (plan instanceof KmsFault) throw plan;
    else if (plan !== undefined) throw fault(plan);
  }

  #answer(bytes: Buffer): KmsAnswer {
    return { bytes, requestId: `request-${this.seen.length}` };
  }
}

const reasons: Record<KmsFaultKind, string> = {
  denied: 'AccessDeniedException',
  'wrong-key': 'InvalidCiphertextException',
  outage: 'ThrottlingException',
};

export function fault(kind: KmsFaultKind, reason = reasons[kind]): KmsFault {
  return new KmsFault(kind, reason, { sent: true, httpStatus: 400, requestId: 'request-failed' });
}

/** Keeps all calls and sums all roll-ups that it takes. */
export class ListeningSink implements TelemetrySink {
  readonly calls: KmsCall[] = [];
  readonly rollUps: RollUp[] = [];
  source: TelemetrySource | undefined;
  closed = 0;

  attach(source: TelemetrySource): void {
    this.source = source;
  }

  call(call: KmsCall): void {
    this.calls.push(call);
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  take(): RollUp | undefined {
    const rollUp = this.source?.takeRollUp();
    if (rollUp !== undefined) this.rollUps.push(rollUp);
    return rollUp;
  }

  get causes(): string[] {
    return this.calls.map((call) => call.cause);
  }

  last(): KmsCall {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error('no call was made');
    return call;
  }
}

/** An engine over the fakes: the given parts are shared, all others are new. */
export function harness(given: Partial<EngineOptions> & { kms?: FakeKms } = {}) {
  const { kms = new FakeKms(), ...options } = given;
  const runtime = options.runtime instanceof ManualRuntime ? options.runtime : new ManualRuntime();
  const sink = new ListeningSink();
  const directory: DekDirectory = options.directory ?? memoryDirectory();
  const engine = createEngine({
    provider: kms,
    directory,
    keyFor: () => keyUri,
    process: 'api-1',
    ...options,
    telemetry: [sink, ...(options.telemetry ?? [])],
    runtime,
  });
  return { engine, kms, runtime, sink, directory };
}

/** Another process over the same KMS and clock, with nothing in memory. */
export function coldPeer(of: ReturnType<typeof harness>, given: Partial<EngineOptions> = {}) {
  const { kms, runtime, directory } = of;
  return harness({ kms, runtime, directory, process: 'api-2', ...given });
}

/** Non-zero totals as `path outcome` to count. */
export function outcomes(source: TelemetrySource): Record<string, number> {
  const counted = source.totals().operations.filter(({ n }) => n > 0);
  return Object.fromEntries(counted.map(({ path, outcome, n }) => [`${path} ${outcome}`, n]));
}

export async function failureOf(work: Promise<unknown>): Promise<CryptoCoreError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CryptoCoreError) return error;
    throw error;
  }
  throw new Error('it should have failed');
}

export const codeOf = async (work: Promise<unknown>): Promise<string> =>
  (await failureOf(work)).code;

export const dekIdOf = (envelope: Uint8Array): string =>
  Buffer.from(parseEnvelope(envelope).dekId).toString('hex');

export const fingerprintOf = (edek: Uint8Array): string =>
  createHash('sha256').update(edek).digest('hex').slice(0, 16);

/** Nonces for tests. */
export const freshNonces = new NoncePool(randomFillSync);

/** The options of a directory call. */
export const portOptions = { signal: new AbortController().signal };

/** An envelope with a genuine DEK under any DEK id, as the owner of a key can make it. */
export function forgedEnvelope(options: {
  kms: FakeKms;
  workspace: string;
  dekId: Uint8Array;
  plaintext: Uint8Array;
  /** Default: the key of the tests. */
  keyUri?: string;
}): Buffer {
  const { kms, workspace, plaintext, keyUri: under = keyUri } = options;
  const dekId = Buffer.from(options.dekId);
  const dek = randomBytes(32);
  const context = { workspace, dekId: dekId.toString('hex') };
  const edek = kms.remember(dek, { keyUri: under, context });
  const { dataKey, commitment } = expandDek(dek, dekId);
  const header = serializeHeader({ dekId, commitment, keyUri: under, edek });
  const key = createSecretKey(dataKey);
  return seal({ header, key, context: encodeContext(workspace), plaintext, nonces: freshNonces });
}
