import { blockMemory } from './block-memory.ts';
import type { DekEntry } from './dek-entry.ts';
import { cacheKey } from './dek-key.ts';
import { parseHeader } from './envelope.ts';
import type { Lookup, Passenger } from './lookup.ts';
import { type Policy, rotationDue } from './policy.ts';

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
  readonly sealed: Sealed;
}

const workspacesMax = 2 ** 17;

/**
 * Each workspace's encryption DEK as this process knows it, and its limits. A pointer is kept though it is due: it says
 * why the next DEK is made, and what was sealed counts on while an outage is ridden out.
 */
export class CurrentDeks {
  readonly #policy: Policy;
  readonly #deks = new Map<string, CurrentDek>();

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  clear(): void {
    this.#deks.clear();
  }

  get(workspace: string): CurrentDek | undefined {
    return this.#deks.get(workspace);
  }

  /** The DEK that may seal what the lookup wants sealed. */
  usable(lookup: Lookup): CurrentDek | undefined {
    const current = this.#deks.get(lookup.workspace);
    return current !== undefined && this.#fits(current, lookup) ? current : undefined;
  }

  /** Makes a header from the directory current, where it may seal what the lookup wants sealed. */
  adopt(lookup: Lookup, header: Buffer): CurrentDek | undefined {
    if (parseHeader(header).keyUri !== lookup.keyUri) return undefined;
    const next = currentOf(lookup, header);
    const known = this.#deks.get(lookup.workspace);
    const found = known?.key === next.key ? { ...next, sealed: known.sealed } : next;
    if (!this.#fits(found, lookup)) return undefined;
    this.#set(lookup.workspace, found);
    return found;
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

  /** Counts what is about to be sealed; false where the DEK's limits leave no room for it. */
  reserve(entry: DekEntry, bytes: number): boolean {
    const current = this.#deks.get(entry.workspace);
    if (current?.key !== entry.key) return true;
    if (!this.#hasRoom(current.sealed, bytes)) return false;
    current.sealed.messages += 1;
    current.sealed.bytes += bytes;
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

  #fits(current: CurrentDek, lookup: Lookup): boolean {
    return (
      current.keyUri === lookup.keyUri &&
      !rotationDue(this.#policy, madeAt(current.header), lookup.at) &&
      this.#hasRoom(current.sealed, lookup.bytes)
    );
  }

  #hasRoom(sealed: Sealed | undefined, bytes: number): boolean {
    const { dekMessagesMax, dekBytesMax } = this.#policy;
    return (sealed?.messages ?? 0) < dekMessagesMax && (sealed?.bytes ?? 0) + bytes <= dekBytesMax;
  }

  #set(workspace: string, current: CurrentDek): CurrentDek {
    this.#deks.delete(workspace);
    this.#deks.set(workspace, current);
    for (const oldest of this.#deks.keys()) {
      if (this.#deks.size <= workspacesMax) break;
      this.#deks.delete(oldest);
    }
    return current;
  }
}

/** A buffer of Node's pool would hold on to all that was made beside it. */
const headerBuffer = blockMemory(8192);

function currentOf({ workspace, keyUri }: Lookup, header: Buffer): CurrentDek {
  const own = headerBuffer(header.length);
  own.set(header);
  return { key: cacheKey(workspace, own), header: own, keyUri, sealed: { messages: 0, bytes: 0 } };
}

/** When the DEK was made, epoch ms: the first six bytes of its id. */
export function madeAt(header: Buffer): number {
  return header.readUIntBE(4, 6);
}
