/**
 * The engine seals and opens envelopes under DEKs that a customer's KMS key wraps. It calls only Encrypt and Decrypt.
 * docs/format.md specifies the bytes, docs/telemetry.md the telemetry. It does not store envelopes.
 */
import type { DekDirectory } from './directory.ts';
import type { Binding } from './given.ts';
import type { KeyFor } from './key-registry.ts';
import type { Policy, Preset } from './policy.ts';
import type { KekProvider, KekRouter } from './provider.ts';
import type { Runtime } from './runtime.ts';
import type { StreamVersion } from './stream.ts';
import type { TelemetrySink, TelemetrySource } from './telemetry/port.ts';
import type { Validation } from './validate.ts';

export interface EngineOptions {
  /** Calls the customers' KMS: one provider, or a router if keys lie in several places. */
  provider: KekProvider | KekRouter;
  /**
   * The key URI registered for a workspace; every KMS call names it. Throw or reject if the workspace is unknown. If it
   * answers at once it is asked for each operation; the answer of a promise is remembered for `policy.keyMemoryMs`.
   */
  keyFor: KeyFor;
  /**
   * Through it processes share the current encryption DEK of each workspace. Not needed with `policy.deks: 'private'`.
   */
  directory?: DekDirectory;
  /** A preset or changes to `daily`. Default `daily`: DEK 24 h, TTL 1 h. */
  policy?: Preset | Partial<Policy>;
  /** This process's stable name in telemetry and claims: 1 to 64 of letters, digits, `-`, `_`. */
  process: string;
  /** Receivers of telemetry. Default none. */
  telemetry?: readonly TelemetrySink[];
  /** Clock, randomness and waiting. Default the system's. */
  runtime?: Runtime;
  /** 2 refuses streams of version 1, which anybody who may encrypt could forge. Default 1. */
  streamVersionMin?: StreamVersion;
}

/** Options of a single operation. */
type Options = Pick<Binding, 'signal'>;

/** The engine for one binding, which is checked and encoded once. */
export interface BoundEngine {
  /** Seals `plaintext` under the workspace's current DEK. @throws {CryptoCoreError} */
  encrypt(plaintext: Uint8Array, options?: Options): Promise<Uint8Array>;
  /** Opens one envelope. @throws {CryptoCoreError} */
  decrypt(envelope: Uint8Array, options?: Options): Promise<Uint8Array>;
  /**
   * Does as `encrypt`, without a promise. If `encrypt` would have to wait, it returns undefined and counts nothing.
   * @throws {CryptoCoreError}
   * @example const envelope = bound.encryptHeld(plaintext) ?? (await bound.encrypt(plaintext));
   */
  encryptHeld(plaintext: Uint8Array, options?: Options): Uint8Array | undefined;
  /** Does as `decrypt`, in the same way. @throws {CryptoCoreError} */
  decryptHeld(envelope: Uint8Array, options?: Options): Uint8Array | undefined;
  /** Opens all envelopes or none, with one lookup for each distinct DEK. @throws {CryptoCoreError} */
  decryptMany(envelopes: readonly Uint8Array[], options?: Options): Promise<Uint8Array[]>;
  /** As `Engine.sealStream`. */
  sealStream(options?: { frameBytes?: number }): ByteStream;
  /** As `Engine.openStream`. */
  openStream(): ByteStream;
}

/** The operations of one message; they are counted as its own. */
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
  /** Opens all envelopes of one binding or none, with one lookup for each distinct DEK. @throws {CryptoCoreError} */
  decryptMany(envelopes: readonly Uint8Array[], binding: Binding): Promise<Uint8Array[]>;
  /** A handle for many operations of one binding: the fastest way to seal and open. */
  bind(binding: Binding): BoundEngine;
  /**
   * Counts one message and runs `work`, whose operations are counted as the message's. `tag` goes into telemetry as it
   * is: at most 256 bytes, without control characters.
   */
  message<T>(
    about: { workspace: string; tag?: string; signal?: AbortSignal },
    work: (message: MessageScope) => Promise<T>,
  ): Promise<T>;
  /** A stream that seals a body in frames: one operation at its start, and one each time a lease ends meanwhile. */
  sealStream(binding: Binding, options?: { frameBytes?: number }): ByteStream;
  /** A stream that opens what `sealStream` made. Only verified frames come out. It fails as `decrypt` does. */
  openStream(binding: Binding): ByteStream;
  /** Wraps and unwraps random bytes under a workspace's key and says what is missing. Two KMS calls. */
  validate(workspace: string): Promise<Validation>;
  snapshot(): EngineSnapshot;
  /** Zeroises every DEK, refuses further work and sends the last telemetry. */
  close(): Promise<void>;
}
