/**
 * The JSON values of a stream of bytes, wherever they stand: one document, one a line, back to
 * back, after other text on a line. Memory is bounded: of a document larger than a value may be,
 * the members of its first array are given one by one. Where something is damaged, what stands
 * around it is still given: after a fault the reading goes on inside the first array of the damaged
 * value, else on its next line.
 */
import { isScalarByte, isSpaceByte, type JsonFault, jsonFault } from './json-fault.ts';

/** A JSON value with its own text, a place where there is none, or a piece of other text. */
export type JsonDocument =
  | { kind: 'value'; value: unknown; text: string; within: readonly string[] }
  | { kind: 'fault'; offset: number; reason: string; ended: boolean }
  | { kind: 'text'; offset: number; text: string };

/** A larger value is read member by member. */
const valueBytesDefault = 4 * 1024 * 1024;
const depthMax = 500;
/** So many faults in a row, and a line is given up: nested damage would be read again and again. */
const restartsMax = 32;

const [newline, separator] = [0x0a, 0x1e];
const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c];
const [openObject, closeObject, openArray, closeArray] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The one object or array that all of `bytes` is; null where it is not that, or large. */
export function oneValue(bytes: Buffer): JsonDocument | null {
  if (bytes.length > valueBytesDefault) return null;
  const text = bytes.toString('utf8').trim();
  if (!text.startsWith('{') && !text.startsWith('[')) return null;
  try {
    return { kind: 'value', value: JSON.parse(text), text, within: [] };
  } catch {
    return null;
  }
}

export class JsonValues {
  readonly #valueBytesMax: number;
  /** Bytes not yet read, and the offset of their first byte in the stream. */
  #bytes: Buffer = Buffer.alloc(0);
  #base: number;
  #linesBefore = 0;
  /** Where the line begins that the first byte stands on. */
  #lineAt: number;
  #at = 0;
  /** The value that is open: its start, its open brackets, its first array, and what may follow. */
  #start = -1;
  #open: number[] = [];
  #arrayAt = -1;
  #wantsValue = false;
  #restarts = 0;
  /** The rest of a damaged line, up to its end, is left out. */
  #skipsLine = false;
  #ended = false;
  #endSaid = false;
  #saidAt = -1;
  /** Names of the objects around members that are given one by one. */
  #within: readonly string[] = [];

  constructor({ offset = 0, valueBytesMax = valueBytesDefault } = {}) {
    this.#base = offset;
    this.#lineAt = offset;
    this.#valueBytesMax = valueBytesMax;
  }

  *push(chunk: Buffer): Generator<JsonDocument> {
    this.#drop();
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    yield* this.#scan();
  }

  *end(): Generator<JsonDocument> {
    this.#ended = true;
    yield* this.#scan();
  }

  /** Forgets the bytes that are done with. */
  #drop(): void {
    const from = this.#start === -1 ? this.#at : this.#start;
    if (from === 0) return;
    this.#linesBefore += count(this.#bytes, newline, from);
    this.#lineAt = this.#lineOf(from);
    this.#bytes = this.#bytes.subarray(from);
    this.#base += from;
    this.#at -= from;
    if (this.#arrayAt !== -1) this.#arrayAt -= from;
    if (this.#start !== -1) this.#start = 0;
  }

  *#scan(): Generator<JsonDocument> {
    for (;;) {
      if (this.#start === -1) {
        const found = this.#between();
        if (found === 'more') return;
        if (found !== 'value') yield found;
        continue;
      }
      const state = this.#inside();
      const closed = state === 'closed' ? this.#closed() : null;
      if (closed !== null) yield closed;
      if (state === 'closed') continue;
      if (state === 'fault') yield* this.#fault(this.#at);
      else if (this.#bytes.length - this.#start > this.#valueBytesMax) yield* this.#large();
      else if (!this.#ended) return;
      else yield* this.#fault(this.#bytes.length);
    }
  }

  /** Goes to where a value begins; gives what other text stands before it on the line. */
  #between(): 'value' | 'more' | JsonDocument {
    const bytes = this.#bytes;
    if (this.#skipsLine) {
      const line = bytes.indexOf(newline, this.#at);
      this.#at = line === -1 ? bytes.length : line + 1;
      this.#skipsLine = line === -1;
    }
    while (isBetween(bytes[this.#at])) this.#at++;
    const first = bytes[this.#at];
    if (first === undefined) return 'more';
    const opens = this.#opens(this.#at);
    if (opens === null) return 'more';
    if (opens) {
      this.#begin(this.#at);
      return 'value';
    }
    const from = this.#at;
    let to = from + 1;
    while (to < bytes.length && bytes[to] !== newline && this.#opens(to) === false) to++;
    const cut = to === bytes.length || this.#opens(to) === null;
    if (cut && !this.#ended && to - from < this.#valueBytesMax) return 'more';
    this.#at = to;
    return { kind: 'text', offset: this.#base + from, text: bytes.toString('utf8', from, to) };
  }

  /** Whether a value begins here: an object, an array, a line's text; null until more is there. */
  #opens(at: number): boolean | null {
    const byte = this.#bytes[at];
    if (byte === openObject) return true;
    if (byte === quote) return at === this.#at;
    if (byte !== openArray) return false;
    let next = at + 1;
    while (isSpaceByte(this.#bytes[next])) next++;
    const member = this.#bytes[next];
    if (member === undefined) return this.#ended ? true : null;
    return (
      [openObject, openArray, closeArray, quote].includes(member) ||
      (at === this.#at && isScalar(member))
    );
  }

  #begin(at: number): void {
    this.#start = at;
    this.#at = at;
    this.#open = [];
    this.#arrayAt = -1;
    this.#wantsValue = true;
  }

  /** Goes on inside the open value; its brackets and commas are checked, no more. */
  #inside(): 'closed' | 'fault' | 'more' {
    const bytes = this.#bytes;
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at] ?? 0;
      if (byte === quote) {
        if (!this.#wantsValue) return 'fault';
        const end = stringEnd(bytes, this.#at);
        if (end === -1) return 'more';
        this.#at = end;
        this.#wantsValue = false;
        if (this.#open.length === 0) return 'closed';
      } else if (byte === openObject || byte === openArray) {
        if (!this.#wantsValue || this.#open.length >= depthMax) return 'fault';
        if (byte === openArray && this.#arrayAt === -1) this.#arrayAt = this.#at;
        this.#open.push(byte);
        this.#at++;
      } else if (byte === closeObject || byte === closeArray) {
        const opened = byte === closeObject ? openObject : openArray;
        if (this.#open.at(-1) !== opened) return 'fault';
        this.#open.pop();
        this.#wantsValue = false;
        this.#at++;
        if (this.#open.length === 0) return 'closed';
      } else if (byte === comma || byte === colon) {
        if (this.#open.length === 0) return 'fault';
        this.#wantsValue = true;
        this.#at++;
      } else if (isSpaceByte(byte)) this.#at++;
      else if (!this.#wantsValue || !isScalar(byte)) return 'fault';
      else {
        let end = this.#at;
        while (isScalar(bytes[end])) end++;
        // A number or word that the chunk may have cut is read again with the next one.
        if (end === bytes.length && !this.#ended) return 'more';
        this.#at = end;
        this.#wantsValue = false;
      }
    }
    return 'more';
  }

  #closed(): JsonDocument | null {
    const [from, to] = [this.#start, this.#at];
    const text = this.#bytes.toString('utf8', from, to);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      const fault = this.#say(jsonFault(this.#bytes.subarray(from, to)), to);
      if (this.#arrayAt === -1) this.#start = -1;
      else this.#restart(to);
      return fault;
    }
    this.#start = -1;
    this.#restarts = 0;
    return { kind: 'value', value, text, within: this.#within };
  }

  *#fault(at: number): Generator<JsonDocument> {
    const until = this.#bytes.subarray(this.#start, Math.max(at + 1, this.#start + 1));
    const fault = this.#say(jsonFault(until), at);
    if (fault !== null) yield fault;
    this.#restart(at);
  }

  #hasNextLine(): boolean {
    const line = this.#bytes.indexOf(newline, this.#start);
    return line !== -1 && /\S/.test(this.#bytes.toString('latin1', line, line + 4096));
  }

  /** The offset of the line that a byte of these stands on. */
  #lineOf(at: number): number {
    const before = at === 0 ? -1 : this.#bytes.lastIndexOf(newline, at - 1);
    return before === -1 ? this.#lineAt : this.#base + before + 1;
  }

  /** Inside the first array of the damaged value, else on the next line. */
  #restart(damagedAt: number): void {
    this.#restarts++;
    const inArray = this.#arrayAt !== -1 && this.#restarts <= restartsMax;
    if (inArray) {
      this.#at = this.#arrayAt + 1;
      this.#within = namesIn(this.#bytes.toString('utf8', this.#start, this.#arrayAt));
    } else {
      this.#at = this.#restarts <= restartsMax ? this.#start : damagedAt;
      this.#skipsLine = true;
    }
    this.#start = -1;
  }

  /** The members of its first array are values of their own then. */
  *#large(): Generator<JsonDocument> {
    if (this.#arrayAt === -1) {
      const offset = this.#base + this.#start;
      const reason = `a value larger than ${this.#valueBytesMax} bytes begins at byte ${offset}`;
      yield { kind: 'fault', offset, reason: `${reason}: split the file`, ended: false };
    }
    const restarts = this.#restarts;
    this.#restart(this.#bytes.length);
    this.#restarts = restarts;
  }

  /** The fault in words; null where the value around it was already reported. */
  #say(fault: JsonFault | null, at: number): JsonDocument | null {
    const offset = this.#base + (fault === null ? at : this.#start + fault.offset);
    const ends = this.#ended && (fault === null || fault.what === 'ends-early');
    // A line that lacks its end swallows the lines after it; those are read again.
    const ended = ends && (this.#arrayAt !== -1 || !this.#hasNextLine());
    if (offset === this.#saidAt || (ended && this.#endSaid)) return null;
    this.#saidAt = offset;
    this.#endSaid ||= ended;
    if (this.#arrayAt === -1 && !ended) {
      const start = this.#lineOf(this.#start);
      const reason = `the line at byte ${start} is not JSON and was left out: export it again`;
      return { kind: 'fault', offset: start, reason, ended };
    }
    const line = this.#linesBefore + 1 + count(this.#bytes, newline, offset - this.#base);
    const place = `byte ${offset} (line ${line})`;
    const reason = ended
      ? `not JSON: it ends too early, at ${place}; fetch or export the file again`
      : `not JSON from ${place} on; mend it there, or fetch or export the file again`;
    return { kind: 'fault', offset, reason, ended };
  }
}

/** What stands between values: blanks, commas, and what closes the array that is read by members. */
function isBetween(byte: number | undefined): boolean {
  return (
    isSpaceByte(byte) ||
    byte === comma ||
    byte === separator ||
    byte === closeArray ||
    byte === closeObject
  );
}

const isScalar = (byte: number | undefined): boolean => byte !== undefined && isScalarByte(byte);

/** The offset past the string that opens at `from`; -1 where it does not end in these bytes. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let end = bytes.indexOf(quote, from + 1); end !== -1; end = bytes.indexOf(quote, end + 1)) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return -1;
}

function count(bytes: Buffer, byte: number, until: number): number {
  let n = 0;
  for (let at = bytes.indexOf(byte); at !== -1 && at < until; at = bytes.indexOf(byte, at + 1)) n++;
  return n;
}

function namesIn(text: string): string[] {
  return [...text.slice(0, 4096).matchAll(/"([^"\\]{1,64})"\s*:/g)].map(([, name = '']) => name);
}
