/**
 * Data keys in one place: slots of 64 bytes in pages of our own, off V8's heap, where a collection that moves a small
 * buffer would leave a copy that nobody zeroises. A slot holds a data key and the commitment of its DEK. It is all zero
 * from the moment it is given back, and may then hold another key: only its holder may name it.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { commitmentAt, commitmentBytes } from './envelope.ts';

/** Who holds a slot. Both fields are the slab's own to write. */
export interface KeyHolder {
  slot: number;
  native: KeyObject | undefined;
}

/** A data key as `node:crypto` takes it. */
export type DataKey = KeyObject | Uint8Array;

export const noSlot = -1;
const keyBytes = 32;
const slotBytes = keyBytes + commitmentBytes;
const slotsPerPage = 256;
/** A key given to OpenSSL as bytes costs three times the rest each time, a KeyObject for every key much memory. */
const nativesMax = 4096;

export class KeySlab {
  /** Never given back to the system: what the most keys ever held at once took. */
  readonly #pages: Buffer[] = [];
  readonly #free: number[] = [];
  /** The holders whose keys OpenSSL has a copy of, oldest overwritten first. */
  readonly #natives: (KeyHolder | undefined)[] = [];
  #nativeAt = 0;

  /** A slot with a copy of both; the caller zeroises the data key it gave. */
  take(key: { dataKey: Uint8Array; commitment: Uint8Array }): number {
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop() ?? noSlot;
    const { page, at } = this.#place(slot);
    page.set(key.dataKey, at);
    page.set(key.commitment, at + keyBytes);
    return slot;
  }

  /** Zeroises the key and lets go of OpenSSL's copy, which is wiped when it is collected. Twice is once. */
  release(holder: KeyHolder): void {
    if (holder.slot === noSlot) return;
    const { page, at } = this.#place(holder.slot);
    page.fill(0, at, at + slotBytes);
    this.#free.push(holder.slot);
    holder.slot = noSlot;
    holder.native = undefined;
  }

  /** The holder's key as it lies here: it is another's, or zero, once the holder gave it back. */
  bytes(holder: KeyHolder): Buffer {
    const { page, at } = this.#place(holder.slot);
    return page.subarray(at, at + keyBytes);
  }

  /** OpenSSL's copy of the holder's key, made where there is none. */
  keyObject(holder: KeyHolder): KeyObject {
    return holder.native ?? this.#makeNative(holder);
  }

  /** Whether a header commits to the holder's DEK, whatever else it says. */
  commits(holder: KeyHolder, header: Buffer): boolean {
    const { page, at } = this.#place(holder.slot);
    const from = at + keyBytes;
    // Every byte is looked at, though there is no secret in it: a native comparison is slower to call.
    let differing = 0;
    for (let n = 0; n < commitmentBytes; n += 1)
      differing |= (page[from + n] ?? 0) ^ (header[commitmentAt + n] ?? 0);
    return differing === 0;
  }

  #makeNative(holder: KeyHolder): KeyObject {
    const made = createSecretKey(this.bytes(holder));
    const displaced = this.#natives[this.#nativeAt];
    if (displaced !== undefined) displaced.native = undefined;
    this.#natives[this.#nativeAt] = holder;
    this.#nativeAt = (this.#nativeAt + 1) % nativesMax;
    holder.native = made;
    return made;
  }

  #place(slot: number): { page: Buffer; at: number } {
    const page = this.#pages[Math.floor(slot / slotsPerPage)];
    if (page === undefined) throw new Error('a key was asked for after it was given back');
    return { page, at: (slot % slotsPerPage) * slotBytes };
  }

  #grow(): void {
    const first = this.#pages.length * slotsPerPage;
    this.#pages.push(Buffer.from(new ArrayBuffer(slotsPerPage * slotBytes)));
    for (let slot = first + slotsPerPage - 1; slot >= first; slot -= 1) this.#free.push(slot);
  }
}
