/**
 * Asks the KMS for DEKs that are not live in the cache, once for all waiters of a DEK. Only a DEK of the right length
 * and the right commitment gets into the cache.
 */

import { createHash } from 'node:crypto';
import { commitmentsEqual, dekBytes, type ExpandedDek, expandDek } from './cipher.ts';
import type { DekCache } from './dek-cache.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import { type LoadReason, successor } from './dek-memory.ts';
import { dekIdText, type EnvelopeHeader, parseHeader } from './envelope.ts';
import {
  anotherKeyError,
  authenticationFailed,
  CryptoCoreError,
  closedError,
  refusedError,
} from './errors.ts';
import { keyIdOf } from './key-uri.ts';
import type { CallResult, CallSpec, KmsCaller } from './kms-caller.ts';
import { type Lookup, PendingLoad, type Waiter, type WaitingRoom } from './lookup.ts';
import { drawLeaseMs, drawRefreshAheadMs, type Policy } from './policy.ts';
import { KmsFault } from './provider.ts';
import { RecentMap } from './recent-map.ts';
import { RememberedRefusal } from './refusals.ts';
import type { Runtime } from './runtime.ts';
import type { SteadyClock } from './steady-clock.ts';

export interface DekLoaderOptions {
  policy: Policy;
  runtime: Runtime;
  clock: SteadyClock;
  cache: DekCache;
  caller: KmsCaller;
  room: WaitingRoom;
}

/** A DEK that was just wrapped or unwrapped and is not in the cache yet. */
export interface WrappedDek {
  header: Buffer;
  /** To be admitted or zeroised. */
  expanded: ExpandedDek;
  call: CallResult<unknown>;
}

/** What is loaded, and why. */
interface Load {
  lookup: Lookup;
  header: Buffer;
  parts: EnvelopeHeader;
  reason: LoadReason;
}

const wrongHeadersMax = 4096;

/** A header that its key does not open. */
interface WrongHeader {
  /** Monotonic. */
  until: number;
  error: CryptoCoreError;
}

export class DekLoader {
  readonly #options: DekLoaderOptions;
  readonly #loads = new Map<string, PendingLoad>();
  readonly #wrongHeaders = new RecentMap<WrongHeader>(wrongHeadersMax);
  #closed = false;

  constructor(options: DekLoaderOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#options.cache.clear();
  }

  /** Gives the waiter the DEK of a header; lookups of one header share one call. */
  load(waiter: Waiter, header: Buffer, parts: EnvelopeHeader): void {
    const { cache, room } = this.#options;
    const { lookup } = waiter;
    const loadKey = loadKeyOf(lookup, header);
    const pending = this.#loads.get(loadKey);
    if (pending !== undefined) {
      pending.add(waiter);
      return;
    }
    const refused = this.#refused(lookup, header);
    if (refused !== undefined) {
      room.settle(waiter, refused.outcome);
      waiter.reject(refused.error);
      return;
    }
    room.settle(waiter, 'miss');
    const { workspace, keyUri, at } = lookup;
    const reason: LoadReason = this.#wrongHeaders.get(loadKey)
      ? { cause: 'load.after-denial', generation: 0 }
      : cache.loadReason({ key: cacheKey(workspace, header), keyUri }, at);
    const fresh = new PendingLoad();
    fresh.add(waiter);
    fresh.takeLeader();
    void this.#run(loadKey, fresh, { lookup, header, parts, reason });
  }

  /** The remembered refusal because of which the KMS is not asked now. */
  #refused(lookup: Lookup, header: Buffer) {
    const wrong = this.#wrong(lookup, header);
    if (wrong !== undefined) return { outcome: 'denial', error: wrong.error } as const;
    const refusal = this.#options.caller.refusal('Decrypt', lookup.keyUri);
    if (refusal === undefined) return undefined;
    const outcome = refusal.kind === 'denied' ? 'denial' : 'outage';
    return { outcome, error: refusedError(refusal.kind, 'Decrypt', refusal.reason) } as const;
  }

  /** Loads a DEK again in the background, before its lease ends. The header must be genuine. */
  refresh(entry: DekEntry, header: Buffer, lookup: Lookup): void {
    const loadKey = loadKeyOf(lookup, header);
    if (this.#loads.has(loadKey)) return;
    if (this.#options.caller.refusal('Decrypt', lookup.keyUri) !== undefined) return;
    // In an outage, each further try waits until half of the remaining lease has passed.
    entry.refreshAheadMs /= 2;
    const reason: LoadReason = { ...successor(entry.lineage), cause: 'refresh.ahead' };
    const parts = parseHeader(header);
    void this.#run(loadKey, new PendingLoad(), { lookup, header, parts, reason });
  }

  /** Whether the KMS said a short while ago that this header's eDEK belongs to another key. */
  isWrong(lookup: Lookup, header: Buffer): boolean {
    return this.#wrong(lookup, header) !== undefined;
  }

  #wrong(lookup: Lookup, header: Buffer): WrongHeader | undefined {
    const wrong = this.#wrongHeaders.get(loadKeyOf(lookup, header));
    return wrong && this.#options.clock.now().monotonic < wrong.until ? wrong : undefined;
  }

  async #run(loadKey: string, pending: PendingLoad, load: Load): Promise<void> {
    this.#loads.set(loadKey, pending);
    try {
      const dek = await this.unwrap(load, () => pending.coalesced);
      this.#loads.delete(loadKey);
      pending.resolve(this.admit(load.lookup, dek));
    } catch (error) {
      this.#loads.delete(loadKey);
      pending.reject(error);
    }
  }

  /** Makes one Decrypt call for a header. @throws {CryptoCoreError} */
  async unwrap(
    { lookup, header, parts, reason }: Load,
    waiters: () => number,
  ): Promise<WrappedDek> {
    const { caller, cache } = this.#options;
    const spec = this.spec(lookup, parts.dekId, reason, waiters);
    try {
      const call = await caller.call(
        { ...spec, operation: 'Decrypt', fingerprint: () => fingerprint(parts.edek) },
        (provider, request) => provider.unwrap(parts.edek, request),
        (answer) => {
          if (answer.bytes.length !== dekBytes) throw notThisDek(answer.bytes);
          const expanded = expandDek(answer.bytes, parts.dekId);
          if (!commitmentsEqual(expanded.commitment, parts.commitment))
            throw notThisDek(expanded.dataKey);
          return expanded;
        },
      );
      this.#wrongHeaders.delete(loadKeyOf(lookup, header));
      return { header, expanded: call.value, call };
    } catch (error) {
      if (!(error instanceof KmsFault) || error.kind !== 'wrong-key')
        throw this.translate(error, 'Decrypt', lookup.keyUri);
      const wrong = wrongKeyError(error, parts.keyUri, lookup.keyUri);
      this.#rememberWrong(loadKeyOf(lookup, header), wrong);
      // Only a refresh's header is known to be genuine; any other may be forged and name the held DEK's id.
      if (reason.cause === 'refresh.ahead') cache.drop(cacheKey(lookup.workspace, header));
      throw wrong;
    }
  }

  /** Puts a DEK into the cache. Its lease counts from the instant at which the successful attempt was sent. */
  admit(lookup: Lookup, { header, expanded, call }: WrappedDek): DekEntry {
    const { policy, cache, clock, runtime } = this.#options;
    const { workspace, keyUri } = lookup;
    const { sent: loaded, leaseMs, lineage } = call;
    try {
      if (this.#closed) throw closedError();
      if (cache.deniedSince(keyUri, loaded)) {
        throw refusedError('denied', 'Decrypt', 'DeniedMeanwhile');
      }
      const key = cacheKey(workspace, header);
      const refreshAheadMs = drawRefreshAheadMs(policy, () => runtime.random());
      const entry = cache.put(
        { key, workspace, keyUri, loaded, leaseMs, lineage, refreshAheadMs },
        expanded,
      );
      if (this.withinTtl(entry)) return entry;
      cache.sweep(clock.now());
      throw leaseEndedError();
    } finally {
      expanded.dataKey.fill(0);
    }
  }

  /** Whether the KMS gave this DEK less than one TTL ago; its lease may be shorter, if leases are spread. */
  withinTtl({ loaded }: DekEntry): boolean {
    const { wall, monotonic } = this.#options.clock.now();
    const { ttlMs } = this.#options.policy;
    return wall < loaded.wall + ttlMs && monotonic < loaded.monotonic + ttlMs;
  }

  #rememberWrong(loadKey: string, error: CryptoCoreError): void {
    const { clock, policy } = this.#options;
    const until = clock.now().monotonic + policy.denialMemoryMs;
    this.#wrongHeaders.set(loadKey, { until, error });
  }

  /** The fields that all calls about a DEK share. */
  spec(
    lookup: Lookup,
    dekId: Uint8Array,
    reason: LoadReason,
    coalesced: () => number,
  ): Omit<CallSpec, 'operation' | 'fingerprint'> {
    const { policy, runtime } = this.#options;
    const { workspace, keyUri, path, at, tag } = lookup;
    const dekAgeMs = Math.max(0, at - Buffer.from(dekId).readUIntBE(0, 6));
    const about = { workspace, keyUri, path, at, tag, dekAgeMs, dekId: dekIdText(dekId) };
    const leaseMs = drawLeaseMs(policy, reason.cause, () => runtime.random());
    return { ...about, ...reason, coalesced, leaseMs };
  }

  /** The error that the caller gets for a failed call. A Decrypt denial also evicts every DEK under the key. */
  translate(error: unknown, operation: 'Encrypt' | 'Decrypt', keyUri: string): unknown {
    if (!(error instanceof KmsFault)) return error;
    if (error.kind === 'wrong-key') return authenticationFailed();
    const anew = !(error instanceof RememberedRefusal);
    if (error.kind === 'denied' && operation === 'Decrypt' && anew) {
      this.#options.cache.deny(keyUri, this.#options.clock.now());
    }
    return refusedError(error.kind, operation, error.reason);
  }
}

/** First 16 hex digits of an eDEK's SHA-256. */
export function fingerprint(edek: Uint8Array): string {
  return createHash('sha256').update(edek).digest('hex').slice(0, 16);
}

/**
 * Names a load by header, workspace and key: a bad envelope of one workspace must neither share nor refuse another
 * workspace's load of the same header. No two loads share a name: a header holds its own length, and texts are quoted.
 */
const loadKeyOf = ({ workspace, keyUri }: Lookup, header: Buffer): string =>
  header.toString('latin1') + JSON.stringify([workspace, keyUri]);

const notThisDekReason = 'NotThisDek';

function notThisDek(secret: Uint8Array): KmsFault {
  secret.fill(0);
  return new KmsFault('wrong-key', notThisDekReason, { sent: true });
}

/** Says that the key differs only if the header names another key and the KMS itself refused the eDEK. */
function wrongKeyError(
  { reason }: KmsFault,
  sealedUnder: string,
  registered: string,
): CryptoCoreError {
  const changed = keyIdOf(sealedUnder) !== registered && reason !== notThisDekReason;
  return changed ? anotherKeyError() : authenticationFailed();
}

export function leaseEndedError(): CryptoCoreError {
  return new CryptoCoreError(
    'unavailable',
    'The lease on the DEK ended before it could be used. Try again.',
  );
}
