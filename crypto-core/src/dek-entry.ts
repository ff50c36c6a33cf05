/** A DEK's place in the cache. Flat, for there may be very many: what can be worked out is not kept. */
import type { KeyObject } from 'node:crypto';
import type { Departure, Held, Lineage } from './dek-memory.ts';
import type { KeyGroup } from './key-groups.ts';
import { type KeyHolder, noSlot } from './key-slab.ts';
import type { Ranked } from './recency-list.ts';
import type { Instant } from './steady-clock.ts';
import { minuteOf } from './telemetry/counters.ts';

/** A DEK as the KMS just gave it, or wrapped it. */
export interface LoadedDek {
  /** Of `cacheKey`. */
  key: string;
  workspace: string;
  keyUri: string;
  /** When the attempt that gave it was sent. */
  loaded: Instant;
  /** How long from then on it may be used. */
  leaseMs: number;
  /** Used this close to its lease's end, it is asked for again ahead. */
  refreshAheadMs: number;
  lineage: Lineage;
}

/** When the first DEK of this process was loaded, epoch ms. */
let wallOrigin: number | undefined;

export class DekEntry implements KeyHolder, Ranked {
  readonly key: string;
  readonly workspace: string;
  readonly keyUri: string;
  /** The cache's own, rising. */
  readonly number: number;
  refreshAheadMs: number;
  /** What its own envelopes begin with, where it is a workspace's current DEK. */
  header: Buffer | undefined;
  uses = 0;
  /** The minute it is in, counted from the epoch, and its use in it: a hit touches nothing else. */
  minute: number;
  minuteUses = 0;
  minuteBytes = 0;
  /** Without one, the DEK has left, and its place in the order of use and its history are kept. */
  slot: number = noSlot;
  /** Why it has left, where it has and that is not forgotten. */
  departure: Departure | undefined;
  native: KeyObject | undefined;
  /** Its key's DEKs; the cache's to write. */
  group: KeyGroup<DekEntry> | undefined;
  older: this | undefined;
  newer: this | undefined;
  endsBefore: DekEntry | undefined;
  endsAfter: DekEntry | undefined;
  /** Whether it is among those that are told of at the next roll-up. */
  isActive = false;
  /** By the monotonic clock, whole ms: V8 keeps such a number without a box. */
  readonly loadedMonotonic: number;
  /** Ms after `wallOrigin`, for the same reason. */
  readonly #loadedWall: number;
  readonly #leaseMs: number;
  readonly #seq: number;
  readonly #rootSeq: number;
  readonly #generation: number;

  constructor(dek: LoadedDek, number: number) {
    this.number = number;
    this.key = dek.key;
    this.workspace = dek.workspace;
    this.keyUri = dek.keyUri;
    this.refreshAheadMs = dek.refreshAheadMs;
    this.minute = minuteOf(dek.loaded.wall);
    wallOrigin ??= dek.loaded.wall;
    this.#loadedWall = dek.loaded.wall - wallOrigin;
    this.loadedMonotonic = Math.floor(dek.loaded.monotonic);
    this.#leaseMs = dek.leaseMs;
    this.#seq = dek.lineage.seq;
    this.#rootSeq = dek.lineage.rootSeq;
    this.#generation = dek.lineage.generation;
  }

  /** Whether its key is in memory. */
  get held(): boolean {
    return this.slot !== noSlot;
  }

  /** When the attempt that gave it was sent. */
  get loaded(): Instant {
    return { wall: this.#wall, monotonic: this.loadedMonotonic };
  }

  /** When its lease ends by the monotonic clock. */
  get endsMonotonic(): number {
    return this.loadedMonotonic + this.#leaseMs;
  }

  get leaseEndsAt(): number {
    return this.#wall + this.#leaseMs;
  }

  get #wall(): number {
    return this.#loadedWall + (wallOrigin ?? 0);
  }

  get lineage(): Lineage {
    return { seq: this.#seq, rootSeq: this.#rootSeq, generation: this.#generation };
  }

  /** Ms until its lease ends by either clock; above 0 while it runs. */
  remainingMs({ wall, monotonic }: Instant): number {
    const wallMs = this.#wall + this.#leaseMs - wall;
    return Math.min(wallMs, this.loadedMonotonic + this.#leaseMs - monotonic);
  }

  /** Whether it is to be asked for again ahead. */
  isDue(now: Instant): boolean {
    return this.refreshAheadMs > 0 && this.remainingMs(now) <= this.refreshAheadMs;
  }

  /** Its lease as it is remembered. */
  asHeld(): Held {
    const { seq, rootSeq, generation } = this.lineage;
    const { loadedMonotonic: loadedAt, leaseEndsAt, departure = 'expired' } = this;
    return { loadedAt, leaseEndsAt, departure, seq, rootSeq, generation };
  }
}
