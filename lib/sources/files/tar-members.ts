import { FileFault } from './read-chunks.ts';

const blockBytes = 512;
/** An ordinary file; all else is folders, links and what tells more of the next member. */
const ordinary = new Set([0, 0x30, 0x37]);

/**
 * The contents of a tar archive's files, one after another: each has to be read, as far as it is wanted, before the
 * next is asked for.
 */
export async function* tarMembers(
  chunks: AsyncGenerator<Buffer>,
): AsyncGenerator<AsyncGenerator<Buffer>> {
  const bytes = new Bytes(chunks);
  for (;;) {
    const head = await bytes.take(blockBytes);
    if (head === null || head[0] === 0) return;
    const size = sizeOf(head);
    const before = bytes.passed;
    if (ordinary.has(head[156] ?? 0)) yield bytes.pass(size);
    const padded = Math.ceil(size / blockBytes) * blockBytes;
    await bytes.skip(padded - (bytes.passed - before));
  }
}

/** Octal text; a file beyond 8 GiB has binary digits, and is refused. */
function sizeOf(head: Buffer): number {
  const text = head
    .toString('latin1', 124, 136)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (head.toString('latin1', 257, 262) !== 'ustar' || !/^[0-7]{1,12}$/.test(text))
    throw new FileFault('damaged', 'damaged tar archive: a member has no size');
  return Number.parseInt(text, 8);
}

/** Bytes of a stream, so many at a time. */
class Bytes {
  passed = 0;
  readonly #chunks: AsyncGenerator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks;
  }

  /** Null where the stream ends before. */
  async take(count: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let left = count;
    for (let part = await this.#next(left); part !== null; part = await this.#next(left)) {
      parts.push(part);
      left -= part.length;
    }
    return left > 0 ? null : Buffer.concat(parts);
  }

  async *pass(count: number): AsyncGenerator<Buffer> {
    let left = count;
    for (let part = await this.#next(left); part !== null; part = await this.#next(left)) {
      left -= part.length;
      yield part;
    }
    if (left > 0) throw new FileFault('damaged', 'damaged tar archive: it ends too early');
  }

  async skip(count: number): Promise<void> {
    let left = count;
    for (let part = await this.#next(left); part !== null; part = await this.#next(left))
      left -= part.length;
  }

  /** At most so many; null where none are wanted or left. */
  async #next(most: number): Promise<Buffer | null> {
    while (most > 0 && this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return null;
      this.#rest = next.value;
    }
    if (most <= 0) return null;
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    this.passed += part.length;
    return part;
  }
}
