/** A DEK's place in the cache. Flat, for there may be very many: what can be worked out is not kept. */
import type { KeyObject } from 'node:crypto';
import type { Held, Lineage } from './dek-memory.ts';
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

export class DekEntry implements KeyHolder, Ranked {
  readonly key: string;
  readonly workspace: string;
  readonly keyUri: string;
  refreshAheadMs: number;
  /** What its own envelopes begin with, where it is a workspace's current DEK. */
  header: Buffer | undefined;
  uses = 0;
  /** The minute it is in, counted from the epoch, and its use in it: a hit touches nothing else. */
  minute: number;
  minuteUses = 0;
  minuteBytes = 0;
  /** Without one, the DEK has left and only its place in the order of use is kept. */
  slot: number = noSlot;
  native: KeyObject | undefined;
  /** Its key's DEKs; the cache's to write. */
  group: KeyGroup<DekEntry> | undefined;
  older: this | undefined;
  newer: this | undefined;
  /** By the monotonic clock. */
  readonly loadedMonotonic: number;
  readonly #loadedWall: number;
  readonly #leaseMs: number;
  readonly #seq: number;
  readonly #rootSeq: number;
  readonly #generation: number;

  constructor(dek: LoadedDek) {
    this.key = dek.key;
    this.workspace = dek.workspace;
    this.keyUri = dek.keyUri;
    this.refreshAheadMs = dek.refreshAheadMs;
    this.minute = minuteOf(dek.loaded.wall);
    this.#loadedWall = dek.loaded.wall;
    this.loadedMonotonic = dek.loaded.monotonic;
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
    return { wall: this.#loadedWall, monotonic: this.loadedMonotonic };
  }

  /** When its lease ends by the monotonic clock. */
  get endsMonotonic(): number {
    return this.loadedMonotonic + this.#leaseMs;
  }

  get leaseEndsAt(): number {
    return this.#loadedWall + this.#leaseMs;
  }

  get lineage(): Lineage {
    return { seq: this.#seq, rootSeq: this.#rootSeq, generation: this.#generation };
  }

  /** Ms until its lease ends by either clock; above 0 while it runs. */
  remainingMs({ wall, monotonic }: Instant): number {
    const wallMs = this.#loadedWall + this.#leaseMs - wall;
    return Math.min(wallMs, this.loadedMonotonic + this.#leaseMs - monotonic);
  }

  /** Whether it is to be asked for again ahead. */
  isDue(now: Instant): boolean {
    return this.refreshAheadMs > 0 && this.remainingMs(now) <= this.refreshAheadMs;
  }

  /** Its lease as it is remembered. */
  asHeld(departure: Held['departure']): Held {
    const { seq, rootSeq, generation } = this.lineage;
    const loadedAt = this.loadedMonotonic;
    return { loadedAt, leaseEndsAt: this.leaseEndsAt, departure, seq, rootSeq, generation };
  }
}
