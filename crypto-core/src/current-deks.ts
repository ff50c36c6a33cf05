import { blockMemory } from './block-memory.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import { parseHeader } from './envelope.ts';
import { keyIdOf } from './key-uri.ts';
import type { Lookup, Passenger } from './lookup.ts';
import { type Policy, rotationDue } from './policy.ts';
import { RecentMap } from './recent-map.ts';
import type { Instant } from './steady-clock.ts';

/** What one DEK has sealed in this process. */
interface Sealed {
  messages: number;
  bytes: number;
}

/** A pointer to the DEK that a workspace encrypts with; the DEK itself is in the cache or must be loaded. */
export interface CurrentDek {
  /** Of `cacheKey`. */
  readonly key: string;
  readonly header: Buffer;
  readonly keyUri: string;
  /** When it was made, epoch ms, as whoever made it said. */
  readonly createdAt: number;
  /** When this process first saw it, monotonic. */
  readonly seenAt: number;
  readonly sealed: Sealed;
  /** Its place in the cache, where it was found there last. */
  entry: DekEntry | undefined;
}

const workspacesMax = 2 ** 17;

/**
 * Each workspace's encryption DEK as this process knows it, and its limits. A pointer is kept though it is due: it says
 * why the next DEK is made, and what was sealed counts on while an outage is ridden out.
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

  /** The DEK that may seal so many bytes for the workspace under the key. */
  usable(workspace: string, keyUri: string, now: Instant, bytes: number): CurrentDek | undefined {
    const current = this.#deks.get(workspace);
    return current !== undefined && this.#fits(current, keyUri, now, bytes) ? current : undefined;
  }

  /** Makes a header from the directory current, where it may seal what the lookup wants sealed. */
  adopt(lookup: Lookup, header: Buffer): CurrentDek | undefined {
    const { workspace, keyUri, now, bytes } = lookup;
    if (keyIdOf(parseHeader(header).keyUri) !== keyUri) return undefined;
    const found = this.#known(lookup, header);
    return this.#fits(found, keyUri, now, bytes) ? this.#set(workspace, found) : undefined;
  }

  /** Makes a header current that was just made, or that won the race. */
  replace(lookup: Lookup, header: Buffer): CurrentDek {
    return this.#set(lookup.workspace, currentOf(lookup, header));
  }

  /** Goes on with a DEK that is due; false where its limits leave no room. */
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

  /** Since when this process has known the DEK of a header. */
  seenAt({ workspace, now }: Lookup, header: Buffer): number {
    const known = this.#deks.get(workspace);
    return known?.key === cacheKey(workspace, header) ? known.seenAt : now.monotonic;
  }

  /** Counts what is about to be sealed; false where the DEK's limits leave no room for it. */
  reserve(entry: DekEntry, bytes: number): boolean {
    const current = this.#deks.get(entry.workspace);
    return current?.key !== entry.key || this.take(current, bytes);
  }

  /** As `reserve`, of a pointer that was found before. */
  take({ sealed }: CurrentDek, bytes: number): boolean {
    if (!this.#hasRoom(sealed, bytes)) return false;
    sealed.messages += 1;
    sealed.bytes += bytes;
    return true;
  }

  /** Those of `waiting` for whom a DEK has room, in their order; `sealed` is what it has sealed before. */
  seated(waiting: readonly Passenger[], sealed?: Sealed): Passenger[] {
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

  /** What is known of a header's DEK goes on to be known. */
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

/** A buffer of Node's pool would hold on to all that was made beside it. */
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
