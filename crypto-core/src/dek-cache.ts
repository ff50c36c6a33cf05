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
  readonly id: string;
  readonly workspace: string;
  readonly keyUri: string;
  /** The envelope header of everything sealed under this DEK. */
  readonly header: Buffer;
  /** Secret; all zero once the entry has left the cache. */
  readonly dataKey: Buffer;
  readonly loadedAt: number;
  readonly leaseEndsAt: number;
  readonly leaseEndsMonotonic: number;
  readonly lineage: Lineage;
  readonly activity: DekMinute;
  uses: number;
}

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
  readonly #deniedKeys = new Set<string>();
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
  live(id: string, now: Instant): DekEntry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || !leaseRuns(entry, now)) return undefined;
    return entry;
  }

  /** Takes in a DEK that the KMS just gave or wrapped. */
  put(entry: DekEntry): void {
    this.#depart(entry.id, 'expired');
    this.#held.delete(entry.id);
    this.#deniedKeys.delete(entry.keyUri);
    this.#entries.set(entry.id, entry);
  }

  /** Zeroises and removes every DEK under a key that the KMS has denied. */
  deny(keyUri: string): void {
    this.#deniedKeys.add(keyUri);
    for (const entry of this.#entries.values()) {
      if (entry.keyUri === keyUri) this.#depart(entry.id, 'denied');
    }
  }

  /** Zeroises and removes one DEK that turned out not to be genuine. */
  denyOne(id: string): void {
    this.#depart(id, 'denied');
  }

  /** Zeroises and removes what has expired. */
  sweep(now: Instant): void {
    for (const entry of this.#entries.values()) {
      if (leaseRuns(entry, now)) return;
      this.#depart(entry.id, 'expired');
    }
  }

  /** Zeroises and removes everything. */
  clear(): void {
    for (const id of [...this.#entries.keys()]) this.#depart(id, 'evicted');
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
  loadReason(id: string, keyUri: string, at: number): LoadReason {
    const entry = this.#entries.get(id);
    const held: Held | undefined = entry ? { ...entry, departure: 'expired' } : this.#held.get(id);
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

  #depart(id: string, departure: Departure): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#closeMinute(entry, entry.activity.minute);
    entry.dataKey.fill(0);
    this.#entries.delete(id);
    this.#held.delete(id);
    this.#held.set(id, { leaseEndsAt: entry.leaseEndsAt, lineage: entry.lineage, departure });
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
