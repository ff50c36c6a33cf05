/**
 * Asks the KMS for DEKs that are not live in the cache, once for all who wait. What it takes in is genuine: right
 * length, right commitment.
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
import { Flight, type Lookup, type Passenger, type WaitingRoom } from './lookup.ts';
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

/** A DEK just wrapped or unwrapped, not yet in the cache. */
export interface WrappedDek {
  header: Buffer;
  /** Zeroised by whoever does not admit it. */
  expanded: ExpandedDek;
  call: CallResult<unknown>;
}

/** A load and whom it is for. */
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
  readonly #loads = new Map<string, Flight>();
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

  /** Lands the passenger with the DEK of a header; lookups of one header share one call. */
  load(passenger: Passenger, header: Buffer, parts: EnvelopeHeader): void {
    const { cache, room } = this.#options;
    const { lookup } = passenger;
    const flightKey = flightKeyOf(lookup, header);
    const flying = this.#loads.get(flightKey);
    if (flying !== undefined) {
      flying.board(passenger);
      return;
    }
    const refused = this.#refused(lookup, header);
    if (refused !== undefined) {
      room.settle(passenger, refused.outcome);
      passenger.fail(refused.error);
      return;
    }
    room.settle(passenger, 'miss');
    const { workspace, keyUri, at } = lookup;
    const reason: LoadReason = this.#wrongHeaders.get(flightKey)
      ? { cause: 'load.after-denial', generation: 0 }
      : cache.loadReason({ key: cacheKey(workspace, header), keyUri }, at);
    const flight = new Flight();
    flight.board(passenger);
    flight.takeLead();
    void this.#fly(flightKey, flight, { lookup, header, parts, reason });
  }

  /** Why the KMS must not be asked at this instant. */
  #refused(lookup: Lookup, header: Buffer) {
    const wrong = this.#wrong(lookup, header);
    if (wrong !== undefined) return { outcome: 'denial', error: wrong.error } as const;
    const refusal = this.#options.caller.refusal('Decrypt', lookup.keyUri);
    if (refusal === undefined) return undefined;
    const outcome = refusal.kind === 'denied' ? 'denial' : 'outage';
    return { outcome, error: refusedError(refusal.kind, 'Decrypt', refusal.reason) } as const;
  }

  /** Asks again for a DEK in use before its lease ends, in the background. The header must be genuine. */
  refresh(entry: DekEntry, header: Buffer, lookup: Lookup): void {
    const flightKey = flightKeyOf(lookup, header);
    if (this.#loads.has(flightKey)) return;
    if (this.#options.caller.refusal('Decrypt', lookup.keyUri) !== undefined) return;
    // While the KMS is away each further try waits for half of what is left.
    entry.refreshAheadMs /= 2;
    const reason: LoadReason = { ...successor(entry.lineage), cause: 'refresh.ahead' };
    const parts = parseHeader(header);
    void this.#fly(flightKey, new Flight(), { lookup, header, parts, reason });
  }

  /** Whether the KMS said a short while ago that this header's DEK is not its key's. */
  isWrong(lookup: Lookup, header: Buffer): boolean {
    return this.#wrong(lookup, header) !== undefined;
  }

  #wrong(lookup: Lookup, header: Buffer): WrongHeader | undefined {
    const wrong = this.#wrongHeaders.get(flightKeyOf(lookup, header));
    return wrong && this.#options.clock.now().monotonic < wrong.until ? wrong : undefined;
  }

  async #fly(flightKey: string, flight: Flight, load: Load): Promise<void> {
    this.#loads.set(flightKey, flight);
    try {
      const dek = await this.unwrap(load, () => flight.coalesced);
      this.#loads.delete(flightKey);
      flight.land(this.admit(load.lookup, dek));
    } catch (error) {
      this.#loads.delete(flightKey);
      flight.fail(error);
    }
  }

  /** One Decrypt call for a header, for a reason already known. @throws {CryptoCoreError} */
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
      this.#wrongHeaders.delete(flightKeyOf(lookup, header));
      return { header, expanded: call.value, call };
    } catch (error) {
      if (!(error instanceof KmsFault) || error.kind !== 'wrong-key')
        throw this.translate(error, 'Decrypt', lookup.keyUri);
      const wrong = wrongKeyError(error, parts.keyUri, lookup.keyUri);
      this.#rememberWrong(flightKeyOf(lookup, header), wrong);
      // Only a refresh's header is known to be the held DEK's own; any other may be forged, with its id.
      if (reason.cause === 'refresh.ahead') cache.drop(cacheKey(lookup.workspace, header));
      throw wrong;
    }
  }

  /** Takes a DEK into the cache; its lease counts from the instant the successful attempt was sent. */
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

  /** Whether the KMS said yes to this DEK less than a TTL ago; a spread lease may be shorter. */
  withinTtl({ loaded }: DekEntry): boolean {
    const { wall, monotonic } = this.#options.clock.now();
    const { ttlMs } = this.#options.policy;
    return wall < loaded.wall + ttlMs && monotonic < loaded.monotonic + ttlMs;
  }

  #rememberWrong(flightKey: string, error: CryptoCoreError): void {
    const { clock, policy } = this.#options;
    const until = clock.now().monotonic + policy.denialMemoryMs;
    this.#wrongHeaders.set(flightKey, { until, error });
  }

  /** What every call about a DEK has in common. */
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

  /** What the caller sees of a failed call; a Decrypt denial also evicts every DEK under the key. */
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
 * One workspace's bad envelope must neither carry nor refuse another's load of the same header, nor may one key's. No
 * two of them read the same: a header says its own length, and texts are quoted.
 */
const flightKeyOf = ({ workspace, keyUri }: Lookup, header: Buffer): string =>
  header.toString('latin1') + JSON.stringify([workspace, keyUri]);

const notThisDekReason = 'NotThisDek';

function notThisDek(secret: Uint8Array): KmsFault {
  secret.fill(0);
  return new KmsFault('wrong-key', notThisDekReason, { sent: true });
}

/** Whether the key alone is to blame: the header names another one, and the KMS says that it is not this one's. */
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
