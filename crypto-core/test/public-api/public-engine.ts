/** An engine over ports that use the public API alone, as a host would write them. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  type Cause,
  CryptoCoreError,
  createEngine,
  type EngineOptions,
  type KekProvider,
  type KmsCall,
  KmsFault,
  memoryDirectory,
  type Runtime,
  systemRuntime,
  type TelemetrySink,
} from '@keytide/crypto-core';

/** The system's clocks, which the test can advance. */
export class MovedRuntime implements Runtime {
  #movedMs = 0;
  readonly sleep = systemRuntime.sleep;
  readonly random = systemRuntime.random;
  readonly fill = systemRuntime.fill;
  readonly every = systemRuntime.every;

  now(): number {
    return systemRuntime.now() + this.#movedMs;
  }

  monotonic(): number {
    return systemRuntime.monotonic() + this.#movedMs;
  }

  move(ms: number): void {
    this.#movedMs += ms;
  }
}

/** A KMS with one key in this process, which fails when the test says so. */
export class OwnKms implements KekProvider {
  readonly name = 'own';
  readonly asked: string[] = [];
  fault: KmsFault | undefined;
  closed = 0;
  readonly #key = randomBytes(32);

  async wrap(plaintext: Uint8Array, { keyUri, context }: { keyUri: string; context: object }) {
    this.asked.push('Encrypt');
    if (this.fault) throw this.fault;
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(JSON.stringify([keyUri, context])));
    const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const bytes = Buffer.concat([nonce, body, cipher.getAuthTag()]);
    return { bytes, requestId: `r-${this.asked.length}` };
  }

  async unwrap(wrapped: Uint8Array, { keyUri, context }: { keyUri: string; context: object }) {
    this.asked.push('Decrypt');
    if (this.fault) throw this.fault;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, wrapped.subarray(0, 12));
    decipher.setAAD(Buffer.from(JSON.stringify([keyUri, context])));
    decipher.setAuthTag(wrapped.subarray(-16));
    try {
      const opened = [decipher.update(wrapped.subarray(12, -16)), decipher.final()];
      return { bytes: Buffer.concat(opened), requestId: `r-${this.asked.length}` };
    } catch (cause) {
      throw new KmsFault('wrong-key', 'NotOurs', { sent: true, cause });
    }
  }

  close(): void {
    this.closed += 1;
  }
}

export class Listener implements TelemetrySink {
  readonly calls: KmsCall[] = [];
  closed = 0;
  attach(): void {}
  call(call: KmsCall): void {
    this.calls.push(call);
  }
  async close(): Promise<void> {
    this.closed += 1;
  }
  get causes(): Cause[] {
    return this.calls.map(({ cause }) => cause);
  }
}

export const keyUri = 'own:key/1';

/** An engine and its parts; `given` replaces some. */
export function started(given: Partial<EngineOptions> = {}) {
  const [kms, runtime, listener] = [new OwnKms(), new MovedRuntime(), new Listener()];
  const directory = memoryDirectory();
  const made = {
    provider: kms,
    directory,
    keyFor: () => keyUri,
    process: 'api-1',
    policy: { backoffMs: 1, attemptsMax: 2 },
    telemetry: [listener],
    runtime,
  };
  return { engine: createEngine({ ...made, ...given }), kms, runtime, listener, directory };
}

/** The code of the engine error that the work must fail with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome: unknown = await work.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  return outcome instanceof CryptoCoreError ? outcome.code : `no CryptoCoreError: ${outcome}`;
}
