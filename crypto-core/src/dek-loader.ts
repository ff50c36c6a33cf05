/**
 * Asks the KMS for DEKs that are not live in the cache, once for all who wait, and counts every lookup it answers by
 * its outcome at its own instant. What it takes in is genuine: right length, right commitment.
 */
import { createHash } from 'node:crypto';
import { commitmentsEqual, dekBytes, expandDek } from './cipher.ts';
import {
  cacheKey,
  type DekCache,
  type DekEntry,
  type Instant,
  type LoadReason,
} from './dek-cache.ts';
import { dekIdText, type EnvelopeHeader, sameCommitment } from './envelope.ts';
import { authenticationFailed, CryptoCoreError } from './errors.ts';
import { type CallResult, type CallSpec, type KmsCaller, refusedError } from './kms-caller.ts';
import type { Policy } from './policy.ts';
import { type KekProvider, KmsFault } from './provider.ts';
import type { Runtime } from './runtime.ts';
import { type Counters, minuteOf } from './telemetry/counters.ts';
import type { LookupOutcome, Path, Scope } from './telemetry/port.ts';

/** What one operation says about itself. */
export interface Operation {
  workspace: string;
  scope: Scope;
  tag: string | undefined;
}

/** A lookup in progress: enough to count it when its outcome is known. */
export interface Lookup extends Operation {
  at: number;
  keyUri: string;
  path: Path;
}

export interface DekLoaderOptions {
  provider: KekProvider;
  policy: Policy;
  runtime: Runtime;
  counters: Counters;
  cache: DekCache;
  caller: KmsCaller;
}

/** A DEK just wrapped or unwrapped, not yet in the cache. */
export interface WrappedDek {
  id: string;
  header: Buffer;
  dataKey: Buffer;
  call: CallResult<unknown>;
}

/** A KMS call under way and how many lookups wait for it besides the one that began it. */
export interface Flight {
  entry: Promise<DekEntry>;
  waiters: number;
}

const wrongHeadersMax = 4096;

export class DekLoader {
  readonly #options: DekLoaderOptions;
  readonly #loads = new Map<string, Flight>();
  readonly #wrongHeaders = new Map<string, number>();
  #closed = false;

  constructor(options: DekLoaderOptions) {
    this.#options = options;
  }

  close(): void {
    this.#closed = true;
    this.#options.cache.clear();
  }

  /** The DEK of a header, from the KMS; lookups of one header share one call. @throws {CryptoCoreError} */
  load(
    lookup: Lookup,
    header: Buffer,
    parts: EnvelopeHeader,
    encryptWaiters: () => number = () => 0,
  ): Promise<DekEntry> {
    const { caller, cache } = this.#options;
    const flightKey = flightKeyOf(lookup.workspace, header);
    const flight = this.#loads.get(flightKey);
    if (flight !== undefined) {
      flight.waiters += 1;
      this.count(lookup, 'coalesced');
      return flight.entry.then((entry) => this.stillLive(entry));
    }
    const wrongUntil = this.#wrongHeaders.get(flightKey);
    if (wrongUntil !== undefined && this.now().monotonic < wrongUntil) {
      return this.refuse(lookup, 'denial', authenticationFailed());
    }
    const refusal = caller.refusal('Decrypt', lookup.keyUri);
    if (refusal !== undefined) {
      const outcome = refusal.kind === 'denied' ? 'denial' : 'outage';
      return this.refuse(lookup, outcome, refusedError(refusal.kind, 'Decrypt', refusal.reason));
    }
    this.count(lookup, 'miss');
    const { workspace, keyUri, at } = lookup;
    const reason: LoadReason =
      wrongUntil === undefined
        ? cache.loadReason({ workspace, keyUri, id: dekIdText(parts.dekId) }, at)
        : { cause: 'load.after-denial', generation: 0 };
    const waiters = () => made.waiters + encryptWaiters();
    const made: Flight = {
      entry: Promise.resolve().then(() => this.fetch(lookup, header, parts, reason, waiters)),
      waiters: 0,
    };
    this.#loads.set(flightKey, made);
    const clear = () => this.#loads.delete(flightKey);
    made.entry.then(clear, clear);
    return made.entry.then((entry) => this.stillLive(entry));
  }

  /** One Decrypt call for a header, for a reason already known. @throws {CryptoCoreError} */
  async fetch(
    lookup: Lookup,
    header: Buffer,
    parts: EnvelopeHeader,
    reason: LoadReason,
    waiters: () => number,
  ): Promise<DekEntry> {
    const { caller, provider } = this.#options;
    const spec = this.spec(lookup, parts.dekId, reason, waiters);
    try {
      const call = await caller.call(
        { ...spec, operation: 'Decrypt', fingerprint: () => fingerprint(parts.edek) },
        (request) => provider.unwrap(parts.edek, request),
        (answer) => {
          if (answer.bytes.length !== dekBytes) throw notThisDek(answer.bytes);
          const { dataKey, commitment } = expandDek(answer.bytes, parts.dekId);
          if (!commitmentsEqual(commitment, parts.commitment)) throw notThisDek(dataKey);
          return dataKey;
        },
      );
      this.#wrongHeaders.delete(flightKeyOf(lookup.workspace, header));
      // The header may be a view into a caller's envelope; the entry outlives it.
      return this.store(lookup, {
        id: spec.dekId,
        header: Buffer.from(header),
        dataKey: call.value,
        call,
      });
    } catch (error) {
      if (error instanceof KmsFault && error.kind === 'wrong-key')
        this.#rememberWrong(header, lookup);
      throw this.translate(error, 'Decrypt', lookup.keyUri);
    }
  }

  /** Takes a DEK into the cache; its lease counts from the instant the successful attempt was sent. */
  store(lookup: Lookup, { call, ...dek }: WrappedDek): DekEntry {
    const { policy, cache } = this.#options;
    if (this.#closed) {
      dek.dataKey.fill(0);
      throw closedError();
    }
    if (cache.deniedSince(lookup.keyUri, call.sent)) {
      dek.dataKey.fill(0);
      throw refusedError('denied', 'Decrypt', 'DeniedMeanwhile');
    }
    const entry: DekEntry = {
      ...dek,
      key: cacheKey({ workspace: lookup.workspace, id: dek.id }),
      workspace: lookup.workspace,
      keyUri: lookup.keyUri,
      loadedAt: call.sent.wall,
      leaseEndsAt: call.sent.wall + policy.ttlMs,
      leaseEndsMonotonic: call.sent.monotonic + policy.ttlMs,
      lineage: call.lineage,
      activity: { minute: minuteOf(call.sent.wall), uses: 0, bytes: 0 },
      uses: 0,
    };
    cache.put(entry);
    return entry;
  }

  #rememberWrong(header: Buffer, lookup: Lookup): void {
    for (const oldest of this.#wrongHeaders.keys()) {
      if (this.#wrongHeaders.size < wrongHeadersMax) break;
      this.#wrongHeaders.delete(oldest);
    }
    this.#wrongHeaders.set(
      flightKeyOf(lookup.workspace, header),
      this.now().monotonic + this.#options.policy.denialMemoryMs,
    );
  }

  /** What every call about a DEK has in common. */
  spec(
    lookup: Lookup,
    dekId: Uint8Array,
    reason: LoadReason,
    coalesced: () => number,
  ): Omit<CallSpec, 'operation' | 'fingerprint'> {
    const { workspace, keyUri, path, at, tag } = lookup;
    const dekAgeMs = Math.max(0, at - Buffer.from(dekId).readUIntBE(0, 6));
    const about = { workspace, keyUri, path, at, tag, dekAgeMs, dekId: dekIdText(dekId) };
    return { ...about, ...reason, coalesced, leases: true };
  }

  /** What the caller sees of a failed call; a Decrypt denial also evicts every DEK under the key. */
  translate(error: unknown, operation: 'Encrypt' | 'Decrypt', keyUri: string): unknown {
    if (!(error instanceof KmsFault)) return error;
    if (error.kind === 'wrong-key') return authenticationFailed();
    if (error.kind === 'denied' && operation === 'Decrypt') {
      this.#options.cache.deny(keyUri, this.now().monotonic);
    }
    return refusedError(error.kind, operation, error.reason);
  }

  /** An attacker may name a cached DEK's id: the commitment says whether it is that DEK, the AAD covers the rest. */
  genuine(entry: DekEntry, header: Buffer): DekEntry {
    if (!sameCommitment(entry.header, header)) throw authenticationFailed();
    return entry;
  }

  /** A waiter resumes later than the load ended: a denial or the clock may have ended the lease in between. */
  stillLive(entry: DekEntry): DekEntry {
    if (this.#closed) throw closedError();
    if (this.#options.cache.live(entry.key, this.now()) === entry) return entry;
    throw new CryptoCoreError(
      'unavailable',
      'The lease on the DEK ended before it could be used. Try again.',
    );
  }

  /** Every lookup is counted exactly once. */
  count(lookup: Lookup, outcome: LookupOutcome): void {
    this.#options.counters.lookup(lookup, lookup.scope, lookup.path, outcome);
  }

  refuse(lookup: Lookup, outcome: LookupOutcome, error: CryptoCoreError): never {
    this.count(lookup, outcome);
    throw error;
  }

  now(): Instant {
    return { wall: this.#options.runtime.now(), monotonic: this.#options.runtime.monotonic() };
  }

  get closed(): boolean {
    return this.#closed;
  }
}

/** First 16 hex digits of an eDEK's SHA-256. */
export function fingerprint(edek: Uint8Array): string {
  return createHash('sha256').update(edek).digest('hex').slice(0, 16);
}

/** One workspace's bad envelope must neither carry nor refuse another's load of the same header. */
const flightKeyOf = (workspace: string, header: Buffer): string =>
  `${header.toString('latin1')} ${workspace}`;

function notThisDek(secret: Uint8Array): KmsFault {
  secret.fill(0);
  return new KmsFault('wrong-key', 'NotThisDek', { sent: true });
}

export function closedError(): CryptoCoreError {
  return new CryptoCoreError('closed', 'The engine is closed.');
}
