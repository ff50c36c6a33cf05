/**
 * Plaintext DEKs in memory, and what is remembered of those once held. A DEK is usable until its lease ends, by wall or
 * monotonic clock, whichever comes first; equality is expired. What leaves the cache is zeroised. Leases have one
 * length, so the map's insertion order is also the order in which they end.
 */
import type { Cause } from './causes.ts';
import { continuesLineage } from './causes.ts';
import type { Counters, DekMinute } from './telemetry/counters.ts';

export interface Instant {
  wall: number;
  monotonic: number;
}

export interface Lineage {
  seq: number;
  rootSeq: number;
  generation: number;
}

export interface DekEntry {
  /** Of `cacheKey`. */
  readonly key: string;
  readonly id: string;
  readonly workspace: string;
  readonly keyUri: string;
  /** Of the envelope that loaded it: its commitment is checked, the rest is not authentic before a body opened. */
  header: Buffer;
  /** Secret; all zero once the entry has left the cache. */
  readonly dataKey: Buffer;
  readonly loadedAt: number;
  readonly leaseEndsAt: number;
  readonly leaseEndsMonotonic: number;
  readonly lineage: Lineage;
  readonly activity: DekMinute;
  uses: number;
}

/** DEK ids are unique within a workspace only: whoever owns a key can wrap a DEK under any id. */
export const cacheKey = (dek: { workspace: string; id: string }): string =>
  `${dek.id} ${dek.workspace}`;

type Departure = 'expired' | 'evicted' | 'denied';

interface Held {
  leaseEndsAt: number;
  lineage: Lineage;
  departure: Departure;
}

/** Why a DEK must be loaded, and what it continues. */
export interface LoadReason {
  cause: Cause;
  generation: number;
  parentSeq?: number;
  rootSeq?: number;
  idleMs?: number;
  forgotten?: boolean;
}

export class DekCache {
  readonly #entries = new Map<string, DekEntry>();
  readonly #held = new Map<string, Held>();
  /** Monotonic instant of the denial, by key URI. */
  readonly #deniedKeys = new Map<string, number>();
  readonly #counters: Counters;
  readonly #heldMax: number;
  readonly #ttlMs: number;
  #forgotten = false;

  constructor(options: { counters: Counters; heldMemoryMax: number; ttlMs: number }) {
    this.#counters = options.counters;
    this.#heldMax = options.heldMemoryMax;
    this.#ttlMs = options.ttlMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The DEK if its lease still runs. */
  live(key: string, now: Instant): DekEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || !leaseRuns(entry, now)) return undefined;
    return entry;
  }

  /** Takes in a DEK that the KMS just gave or wrapped. */
  put(entry: DekEntry): void {
    this.#depart(entry.key, 'expired');
    this.#held.delete(entry.key);
    this.#deniedKeys.delete(entry.keyUri);
    this.#entries.set(entry.key, entry);
  }

  /** Zeroises and removes every DEK under a key that the KMS has denied. */
  deny(keyUri: string, monotonic: number): void {
    this.#deniedKeys.set(keyUri, monotonic);
    for (const entry of this.#entries.values()) {
      if (entry.keyUri === keyUri) this.#depart(entry.key, 'denied');
    }
  }

  /** Whether the key was denied after this instant: an answer to what was sent before it came too late. */
  deniedSince(keyUri: string, sent: Instant): boolean {
    return sent.monotonic < (this.#deniedKeys.get(keyUri) ?? Number.NEGATIVE_INFINITY);
  }

  /** Zeroises and removes what has expired. */
  sweep(now: Instant): void {
    for (const entry of this.#entries.values()) {
      if (leaseRuns(entry, now)) return;
      this.#depart(entry.key, 'expired');
    }
  }

  /** Zeroises and removes everything. */
  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#depart(key, 'evicted');
  }

  /** Closes the current minute of every DEK in use, for a roll-up. */
  flushActivity(): void {
    for (const entry of this.#entries.values()) this.#closeMinute(entry, entry.activity.minute);
  }

  use(entry: DekEntry, minute: number, bytes: number): void {
    if (entry.activity.minute !== minute) this.#closeMinute(entry, minute);
    entry.uses += 1;
    entry.activity.uses += 1;
    entry.activity.bytes += bytes;
  }

  entries(): IterableIterator<DekEntry> {
    return this.#entries.values();
  }

  /** The cause of loading a DEK that is not live at `at`. */
  loadReason(dek: { workspace: string; id: string; keyUri: string }, at: number): LoadReason {
    const { keyUri } = dek;
    const key = cacheKey(dek);
    const entry = this.#entries.get(key);
    const held: Held | undefined = entry ? { ...entry, departure: 'expired' } : this.#held.get(key);
    if (held === undefined) {
      if (this.#deniedKeys.has(keyUri)) return { cause: 'load.after-denial', generation: 0 };
      return { cause: 'load.first', generation: 0, ...(this.#forgotten && { forgotten: true }) };
    }
    const idleMs = Math.max(0, at - held.leaseEndsAt);
    const cause = this.#cause(held, keyUri, at, idleMs);
    if (!continuesLineage(cause)) return { cause, generation: 0, idleMs };
    const { seq, rootSeq, generation } = held.lineage;
    return { cause, generation: generation + 1, parentSeq: seq, rootSeq, idleMs };
  }

  #cause(held: Held, keyUri: string, at: number, idleMs: number): Cause {
    if (held.departure === 'denied' || this.#deniedKeys.has(keyUri)) return 'load.after-denial';
    if (held.departure === 'evicted' && at < held.leaseEndsAt) return 'load.evicted';
    return idleMs < this.#ttlMs ? 'load.expired' : 'load.reopened';
  }

  #depart(key: string, departure: Departure): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#closeMinute(entry, entry.activity.minute);
    entry.dataKey.fill(0);
    this.#entries.delete(key);
    this.#held.delete(key);
    this.#held.set(key, { leaseEndsAt: entry.leaseEndsAt, lineage: entry.lineage, departure });
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= this.#heldMax) break;
      this.#held.delete(oldest);
      this.#forgotten = true;
    }
  }

  #closeMinute(entry: DekEntry, nextMinute: number): void {
    this.#counters.dek(entry.workspace, entry.id, entry.activity);
    entry.activity.minute = nextMinute;
    entry.activity.uses = 0;
    entry.activity.bytes = 0;
  }
}

function leaseRuns(entry: DekEntry, now: Instant): boolean {
  return now.wall < entry.leaseEndsAt && now.monotonic < entry.leaseEndsMonotonic;
}
