/**
 * Data keys in one place: slots of 64 bytes in pages of our own, off V8's heap, where a collection that moves a small
 * buffer would leave a copy that nobody zeroises. A slot holds a data key and the commitment of its DEK. It is all zero
 * from the moment it is given back, and may then hold another key: whoever took it must not name it again.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { commitmentAt, commitmentBytes } from './envelope.ts';

/** A data key as `node:crypto` takes it. */
export type DataKey = KeyObject | Uint8Array;

export const noSlot = -1;
const keyBytes = 32;
const slotBytes = keyBytes + commitmentBytes;
const slotBits = 8;
const slotsPerPage = 2 ** slotBits;
const slotMask = slotsPerPage - 1;
/** A key given to OpenSSL as bytes costs three times the rest each time, a KeyObject for every key much memory. */
const nativesMax = 4096;

/** What is said of a slot where OpenSSL has no copy of its key. */
const [notNative, notTaken] = [-1, -2];

interface Page {
  bytes: Buffer;
  /** Of each slot: which of `#natives` is the copy that OpenSSL has, or why there is none. */
  natives: Int32Array;
}

export class KeySlab {
  /** Never given back to the system: what the most keys ever held at once took. */
  readonly #pages: Page[] = [];
  readonly #free: number[] = [];
  /** OpenSSL's copies and the slots that they are of, oldest overwritten first. */
  readonly #natives: (KeyObject | undefined)[] = [];
  readonly #nativeSlots: number[] = [];
  #nativeAt = 0;

  /** A slot with a copy of both; the caller zeroises the data key it gave. */
  take(key: { dataKey: Uint8Array; commitment: Uint8Array }): number {
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop() ?? noSlot;
    const page = this.#pageOf(slot);
    const at = (slot & slotMask) * slotBytes;
    page.bytes.set(key.dataKey, at);
    page.bytes.set(key.commitment, at + keyBytes);
    page.natives[slot & slotMask] = notNative;
    return slot;
  }

  /** Zeroises the key and lets go of OpenSSL's copy, which is wiped when it is collected. Twice is once. */
  release(slot: number): void {
    if (slot === noSlot) return;
    const { bytes, natives } = this.#pageOf(slot);
    const native = natives[slot & slotMask] ?? notTaken;
    if (native === notTaken) return;
    const at = (slot & slotMask) * slotBytes;
    bytes.fill(0, at, at + slotBytes);
    if (native !== notNative) this.#natives[native] = undefined;
    natives[slot & slotMask] = notTaken;
    this.#free.push(slot);
  }

  /** The slot's key as it lies here: it is another's, or zero, once it was given back. */
  bytes(slot: number): Buffer {
    const { bytes } = this.#held(slot);
    const at = (slot & slotMask) * slotBytes;
    return bytes.subarray(at, at + keyBytes);
  }

  /** OpenSSL's copy of the slot's key, made where there is none. */
  keyObject(slot: number): KeyObject {
    const native = this.#held(slot).natives[slot & slotMask] ?? notNative;
    return this.#natives[native] ?? this.#makeNative(slot);
  }

  /** Whether a header commits to the slot's DEK, whatever else it says. */
  commits(slot: number, header: Buffer): boolean {
    const { bytes } = this.#held(slot);
    const from = (slot & slotMask) * slotBytes + keyBytes;
    // Every byte is looked at, though there is no secret in it: a native comparison is slower to call.
    let differing = 0;
    for (let n = 0; n < commitmentBytes; n += 1)
      differing |= (bytes[from + n] ?? 0) ^ (header[commitmentAt + n] ?? 0);
    return differing === 0;
  }

  #makeNative(slot: number): KeyObject {
    const made = createSecretKey(this.bytes(slot));
    const at = this.#nativeAt;
    const displaced = this.#nativeSlots[at];
    // The copy of a slot that was given back is gone already, and the slot may be another's.
    if (displaced !== undefined && this.#natives[at] !== undefined)
      this.#pageOf(displaced).natives[displaced & slotMask] = notNative;
    this.#natives[at] = made;
    this.#nativeSlots[at] = slot;
    this.#pageOf(slot).natives[slot & slotMask] = at;
    this.#nativeAt = (at + 1) % nativesMax;
    return made;
  }

  /** The page of a slot that was not given back. */
  #held(slot: number): Page {
    const page = this.#pages[slot >> slotBits];
    if (page === undefined || page.natives[slot & slotMask] === notTaken)
      throw new Error('a key was asked for after it was given back');
    return page;
  }

  #pageOf(slot: number): Page {
    const page = this.#pages[slot >> slotBits];
    if (page === undefined) throw new Error('there is no such slot');
    return page;
  }

  #grow(): void {
    const first = this.#pages.length * slotsPerPage;
    this.#pages.push({
      bytes: Buffer.from(new ArrayBuffer(slotsPerPage * slotBytes)),
      natives: new Int32Array(slotsPerPage).fill(notTaken),
    });
    for (let slot = first + slotsPerPage - 1; slot >= first; slot -= 1) this.#free.push(slot);
  }
}
