/**
 * Memory for data keys: slots of 64 bytes in pages outside V8's heap. On the heap, garbage collection moves small
 * buffers and leaves copies that nobody zeroises. A slot holds a data key and the commitment of its DEK. Releasing a
 * slot zeroises it; it may then hold another key, so whoever released it must not use it again.
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
/** So many keys are kept as a KeyObject too: it makes each use much faster, but takes much memory. */
const nativesMax = 4096;

/** A slot without a KeyObject: its key has none yet, or the slot is free. */
const [notNative, notTaken] = [-1, -2];

interface Page {
  bytes: Buffer;
  /** For each slot: the index of its KeyObject in `#natives`, or why it has none. */
  natives: Int32Array;
}

export class KeySlab {
  /** Never freed: as many as the most keys ever held at one time needed. */
  readonly #pages: Page[] = [];
  readonly #free: number[] = [];
  /** KeyObjects and the slots that they belong to; the oldest is overwritten first. */
  readonly #natives: (KeyObject | undefined)[] = [];
  readonly #nativeSlots: number[] = [];
  #nativeAt = 0;

  /** Copies both into a free slot. The caller zeroises its own copy of the data key. */
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

  /**
   * Zeroises the key and drops its KeyObject, which OpenSSL wipes when it is collected. Releasing twice is harmless.
   */
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

  /** The slot's key itself, not a copy. */
  bytes(slot: number): Buffer {
    const { bytes } = this.#held(slot);
    const at = (slot & slotMask) * slotBytes;
    return bytes.subarray(at, at + keyBytes);
  }

  /** The slot's key as a KeyObject, made if there is none. */
  keyObject(slot: number): KeyObject {
    const native = this.#held(slot).natives[slot & slotMask] ?? notNative;
    return this.#natives[native] ?? this.#makeNative(slot);
  }

  /** Whether a header holds the commitment of the slot's DEK. */
  commits(slot: number, header: Buffer): boolean {
    const { bytes } = this.#held(slot);
    const from = (slot & slotMask) * slotBytes + keyBytes;
    // A commitment is no secret; a loop in JavaScript is faster than a native comparison of 32 bytes.
    let differing = 0;
    for (let n = 0; n < commitmentBytes; n += 1)
      differing |= (bytes[from + n] ?? 0) ^ (header[commitmentAt + n] ?? 0);
    return differing === 0;
  }

  #makeNative(slot: number): KeyObject {
    const made = createSecretKey(this.bytes(slot));
    const at = this.#nativeAt;
    const displaced = this.#nativeSlots[at];
    // If that slot was released, its KeyObject is gone already, and the slot may hold another key.
    if (displaced !== undefined && this.#natives[at] !== undefined)
      this.#pageOf(displaced).natives[displaced & slotMask] = notNative;
    this.#natives[at] = made;
    this.#nativeSlots[at] = slot;
    this.#pageOf(slot).natives[slot & slotMask] = at;
    this.#nativeAt = (at + 1) % nativesMax;
    return made;
  }

  /** The page of a slot. @throws if the slot is free */
  #held(slot: number): Page {
    const page = this.#pages[slot >> slotBits];
    if (page === undefined || page.natives[slot & slotMask] === notTaken)
      throw new Error('a key was used after it was released');
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
