/** Bytes that came in pieces and are taken in others; copied both ways, so that a caller may use its buffers again. */
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

  /** The first `count` bytes, which must be there. */
  take(count: number): Buffer {
    if (count > this.#length) throw new RangeError('more bytes are taken than there are');
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
