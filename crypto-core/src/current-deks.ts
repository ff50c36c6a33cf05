import { blockMemory } from './block-memory.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import { parseHeader } from './envelope.ts';
import { keyIdOf } from './key-uri.ts';
import type { Lookup, Waiter } from './lookup.ts';
import { type Policy, rotationDue } from './policy.ts';
import { RecentMap } from './recent-map.ts';
import type { Instant } from './steady-clock.ts';

/** How much one DEK has sealed in this process. */
interface Sealed {
  messages: number;
  bytes: number;
}

/** Names the DEK that a workspace encrypts with; the DEK itself is in the cache or must be loaded. */
export interface CurrentDek {
  /** Of `cacheKey`. */
  readonly key: string;
  readonly header: Buffer;
  readonly keyUri: string;
  /** When it was made, epoch ms, by the clock of whoever made it. */
  readonly createdAt: number;
  /** When this process first saw it, monotonic. */
  readonly seenAt: number;
  readonly sealed: Sealed;
  /** The DEK as it was last found in the cache. */
  entry: DekEntry | undefined;
}

const workspacesMax = 2 ** 17;

/**
 * The encryption DEK of each workspace as this process knows it, and what it may still seal. A DEK that is due stays
 * here: it says why the next one is made, and in an outage it goes on encrypting within its limits.
 */
export class CurrentDeks {
  readonly #policy: Policy;
  readonly #deks = new RecentMap<CurrentDek>(workspacesMax);

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  clear(): void {
    this.#deks.clear();
  }

  get(workspace: string): CurrentDek | undefined {
    return this.#deks.get(workspace);
  }

  /** The workspace's DEK under this key, if it may seal so many bytes now. */
  usable(workspace: string, keyUri: string, now: Instant, bytes: number): CurrentDek | undefined {
    const current = this.#deks.get(workspace);
    return current !== undefined && this.#fits(current, keyUri, now, bytes) ? current : undefined;
  }

  /** Makes a header from the directory the current one, if its DEK may seal what the lookup wants to seal. */
  adopt(lookup: Lookup, header: Buffer): CurrentDek | undefined {
    const { workspace, keyUri, now, bytes } = lookup;
    if (keyIdOf(parseHeader(header).keyUri) !== keyUri) return undefined;
    const found = this.#known(lookup, header);
    return this.#fits(found, keyUri, now, bytes) ? this.#set(workspace, found) : undefined;
  }

  /** Makes a new header the current one: this process made it, or another process that won the race. */
  replace(lookup: Lookup, header: Buffer): CurrentDek {
    return this.#set(lookup.workspace, currentOf(lookup, header));
  }

  /** Goes on encrypting with a DEK that is due; false if its limits are met. */
  prolong(lookup: Lookup, entry: DekEntry, header: Buffer): boolean {
    let current = this.#deks.get(lookup.workspace);
    if (current?.key !== entry.key) {
      current = currentOf(lookup, header);
      current.sealed.messages = entry.uses;
      this.#set(lookup.workspace, current);
    }
    return this.#hasRoom(current.sealed, lookup.bytes);
  }

  /** Whether a DEK must no longer encrypt because of its age. */
  isDue({ createdAt, seenAt }: Pick<CurrentDek, 'createdAt' | 'seenAt'>, now: Instant): boolean {
    return rotationDue(this.#policy, { createdAt, seenForMs: now.monotonic - seenAt }, now.wall);
  }

  /** When this process first saw the DEK of a header, monotonic. */
  seenAt({ workspace, now }: Lookup, header: Buffer): number {
    const known = this.#deks.get(workspace);
    return known?.key === cacheKey(workspace, header) ? known.seenAt : now.monotonic;
  }

  /** Counts bytes that are about to be sealed; false if they would exceed the DEK's limits. */
  reserve(entry: DekEntry, bytes: number): boolean {
    const current = this.#deks.get(entry.workspace);
    return current?.key !== entry.key || this.take(current, bytes);
  }

  /** Does as `reserve`, for a DEK that was found before. */
  take({ sealed }: CurrentDek, bytes: number): boolean {
    if (!this.#hasRoom(sealed, bytes)) return false;
    sealed.messages += 1;
    sealed.bytes += bytes;
    return true;
  }

  /** The waiters that a DEK can serve within its limits, in their order; `sealed` is what it has sealed before. */
  withRoom(waiting: readonly Waiter[], sealed?: Sealed): Waiter[] {
    const used = { messages: 0, bytes: 0, ...sealed };
    return waiting.filter(({ lookup: { bytes } }) => {
      if (!this.#hasRoom(used, bytes)) return false;
      used.messages += 1;
      used.bytes += bytes;
      return true;
    });
  }

  #fits(current: CurrentDek, keyUri: string, now: Instant, bytes: number): boolean {
    return (
      current.keyUri === keyUri && !this.isDue(current, now) && this.#hasRoom(current.sealed, bytes)
    );
  }

  /** A header's DEK, with what is known of it already. */
  #known(lookup: Lookup, header: Buffer): CurrentDek {
    const next = currentOf(lookup, header);
    const known = this.#deks.get(lookup.workspace);
    return known?.key === next.key ? { ...next, sealed: known.sealed, seenAt: known.seenAt } : next;
  }

  #hasRoom(sealed: Sealed, bytes: number): boolean {
    const { dekMessagesMax, dekBytesMax } = this.#policy;
    return sealed.messages < dekMessagesMax && sealed.bytes + bytes <= dekBytesMax;
  }

  #set(workspace: string, current: CurrentDek): CurrentDek {
    this.#deks.set(workspace, current);
    return current;
  }
}

/** A buffer from Node's pool would keep the whole pool block in memory. */
const headerBuffer = blockMemory(8192);

function currentOf({ workspace, keyUri, now }: Lookup, header: Buffer): CurrentDek {
  const kept = headerBuffer(header.length);
  kept.set(header);
  return {
    key: cacheKey(workspace, kept),
    header: kept,
    keyUri,
    createdAt: madeAt(kept),
    seenAt: now.monotonic,
    sealed: { messages: 0, bytes: 0 },
    entry: undefined,
  };
}

/** When the DEK was made, epoch ms: the first six bytes of its id. */
export function madeAt(header: Buffer): number {
  return header.readUIntBE(4, 6);
}
