/**
 * Bytes that come in chunks of one size and are taken in chunks of another. Both are copied: callers may reuse them.
 */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(Uint8Array.from(piece));
    this.#length += piece.length;
  }

  /** Removes and returns the first `count` bytes. @throws {RangeError} if there are fewer */
  take(count: number): Buffer {
    if (count > this.#length) throw new RangeError('fewer bytes are queued than were asked for');
    const taken = Buffer.allocUnsafe(count);
    let at = 0;
    while (at < count) {
      const [piece = new Uint8Array()] = this.#pieces;
      const part = piece.subarray(0, count - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#length -= count;
    return taken;
  }
}
