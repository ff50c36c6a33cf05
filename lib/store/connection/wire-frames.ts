/**
 * A message of a PostgreSQL client: its type byte, or what the first, typeless one asks for; and
 * all of its bytes.
 */
export interface Frame {
  type: string;
  bytes: Uint8Array;
}

export const frameBytesMax = 64 * 2 ** 20;
const startupBytesMax = 10_000;
const typelessCodes = new Map([
  [80877102, 'cancel'],
  [80877103, 'encrypt'],
  [80877104, 'encrypt'],
]);

/**
 * Cuts one client's byte stream into messages. Throws RangeError on a length that no message has.
 */
export class FrameReader {
  #parts: Buffer[] = [];
  #size = 0;
  #sizeNeeded = 8;
  #started = false;

  push(chunk: Buffer): Frame[] {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    // Joining only once a whole message is there keeps a large one from being copied with each
    // chunk.
    if (this.#size < this.#sizeNeeded) return [];
    let rest = Buffer.concat(this.#parts);
    const frames: Frame[] = [];
    for (;;) {
      const size = this.#frameSize(rest);
      if (rest.length < size) {
        this.#sizeNeeded = size;
        break;
      }
      frames.push({ type: this.#typeOf(rest), bytes: new Uint8Array(rest.subarray(0, size)) });
      rest = rest.subarray(size);
    }
    this.#parts = [rest];
    this.#size = rest.length;
    return frames;
  }

  /** Bytes of the message that begins `buffer`, or those needed to tell. */
  #frameSize(buffer: Buffer): number {
    if (!this.#started) {
      if (buffer.length < 8) return 8;
      return within(buffer.readInt32BE(0), { min: 8, max: startupBytesMax });
    }
    if (buffer.length < 5) return 5;
    return 1 + within(buffer.readInt32BE(1), { min: 4, max: frameBytesMax });
  }

  #typeOf(buffer: Buffer): string {
    if (this.#started) return String.fromCharCode(buffer.readUInt8(0));
    const type = typelessCodes.get(buffer.readInt32BE(4));
    if (type) return type;
    this.#started = true;
    return 'startup';
  }
}

function within(size: number, { min, max }: { min: number; max: number }): number {
  if (size < min || size > max) throw new RangeError(`a message of ${size} bytes`);
  return size;
}
