/**
 * What a process remembers of DEKs that it no longer holds: why each left and what its last load was, so that the next
 * load can name its cause and lineage. The memory is bounded and forgets the oldest first. It holds no key material.
 */
import { type Cause, continuesLineage } from './causes.ts';
import { RecentMap } from './recent-map.ts';
import type { Instant } from './steady-clock.ts';

/** The place of a load in its chain of loads. */
export interface Lineage {
  seq: number;
  rootSeq: number;
  generation: number;
}

export type Departure = 'expired' | 'evicted' | 'denied';

/** A DEK's last lease and its lineage. Flat, because there may be very many. */
export interface Held extends Lineage {
  /** When the call that gave it was sent, monotonic. */
  loadedAt: number;
  leaseEndsAt: number;
  departure: Departure;
}

/** Why a DEK must be loaded, and which load it continues. */
export interface LoadReason {
  cause: Cause;
  generation: number;
  parentSeq?: number;
  rootSeq?: number;
  idleMs?: number;
  forgotten?: boolean;
}

const deniedKeysMax = 10_000;

export class DekMemory {
  readonly #held: RecentMap<Held>;
  /** By key URI: when the last denial was, monotonic, and whether the KMS has given a DEK since. */
  readonly #deniedKeys = new RecentMap<{ at: number; over: boolean }>(deniedKeysMax);
  readonly #ttlMs: number;
  #forgotten = false;
  /** When the latest of the forgotten denials was. */
  #forgottenDenialAt = Number.NEGATIVE_INFINITY;

  constructor(options: { heldMemoryMax: number; ttlMs: number }) {
    this.#held = new RecentMap(options.heldMemoryMax);
    this.#ttlMs = options.ttlMs;
  }

  remember(key: string, held: Held): void {
    if (this.#held.set(key, held).length > 0) this.#forgotten = true;
  }

  /** The cache forgot the history of a DEK. */
  overflow(): void {
    this.#forgotten = true;
  }

  /** The DEK is held again, so its key is no longer denied. */
  resume(key: string, keyUri: string): void {
    this.#held.delete(key);
    const denial = this.#deniedKeys.get(keyUri);
    if (denial !== undefined) denial.over = true;
  }

  deny(keyUri: string, at: Instant): void {
    for (const forgotten of this.#deniedKeys.set(keyUri, { at: at.monotonic, over: false }))
      this.#forgottenDenialAt = Math.max(this.#forgottenDenialAt, forgotten.at);
  }

  /**
   * Whether the key was, or may have been, denied after this instant: then an answer to what was sent at it is void.
   */
  deniedSince(keyUri: string, sent: Instant): boolean {
    return sent.monotonic < (this.#deniedKeys.get(keyUri)?.at ?? this.#forgottenDenialAt);
  }

  /** The cause of loading a DEK at `at`; `last` is its last lease, if the cache still knows it. */
  loadReason(dek: { key: string; keyUri: string }, last: Held | undefined, at: number): LoadReason {
    const denial = this.#deniedKeys.get(dek.keyUri);
    const held = last ?? this.#held.get(dek.key);
    if (held === undefined) {
      if (denial?.over === false) return { cause: 'load.after-denial', generation: 0 };
      return { cause: 'load.first', generation: 0, ...(this.#forgotten && { forgotten: true }) };
    }
    const idleMs = Math.max(0, at - held.leaseEndsAt);
    const deniedSince = denial !== undefined && held.loadedAt < denial.at;
    const cause = deniedSince ? 'load.after-denial' : this.#cause(held, at, idleMs);
    if (!continuesLineage(cause)) return { cause, generation: 0, idleMs };
    return { ...successor(held), cause, idleMs };
  }

  #cause(held: Held, at: number, idleMs: number): Cause {
    if (held.departure === 'denied') return 'load.after-denial';
    if (held.departure === 'evicted' && at < held.leaseEndsAt) return 'load.evicted';
    return idleMs < this.#ttlMs ? 'load.expired' : 'load.reopened';
  }
}

/** The lineage of a load that continues another. */
export function successor({ seq, rootSeq, generation }: Lineage) {
  return { generation: generation + 1, parentSeq: seq, rootSeq };
}
