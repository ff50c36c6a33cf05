/**
 * Where UTF-8 bytes stop being JSON. `JSON.parse` is what decides and what reads; its message gives
 * no position for an unexpected token or an early end, and counts UTF-16 units where a file is
 * measured in bytes. So a text that it refused is walked once more here. The walk is iterative,
 * over the same grammar (RFC 8259).
 */
export interface JsonFault {
  /**
   * Byte offset of the first byte that cannot be there; the length where the text ends too early.
   */
  offset: number;
  what: 'ends-early' | 'unexpected' | 'second-value';
}

const escapes = new Set([...'"\\/bfnrt'].map((c) => c.charCodeAt(0)));
const words = ['true', 'false', 'null'];
const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** All that may still become a number. */
const numberStart = /^-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?\d*)?)?|[eE][+-]?\d*)?)?/;

/** The first fault of a JSON text, or null where there is none. */
export function jsonFault(bytes: Buffer): JsonFault | null {
  const open: boolean[] = []; // true for each open object, false for each open array
  let at = 0;
  let want: 'value' | 'value-or-end' | 'name' | 'name-or-end' | 'next' = 'value';
  for (;;) {
    at = skipSpace(bytes, at);
    if (want === 'next' && open.length === 0) {
      return at < bytes.length ? { offset: at, what: 'second-value' } : null;
    }
    const byte = bytes[at];
    if (byte === undefined) return { offset: at, what: 'ends-early' };
    const closes = want === 'next' || want === 'value-or-end' || want === 'name-or-end';
    if (closes && byte === (open.at(-1) ? 0x7d : 0x5d)) {
      open.pop();
      want = 'next';
      at++;
    } else if (want === 'next') {
      if (byte !== 0x2c) return { offset: at, what: 'unexpected' };
      want = open.at(-1) ? 'name' : 'value';
      at++;
    } else if (want === 'name' || want === 'name-or-end') {
      if (byte !== 0x22) return { offset: at, what: 'unexpected' };
      const name = skipString(bytes, at);
      if (typeof name !== 'number') return name;
      at = skipSpace(bytes, name);
      if (bytes[at] !== 0x3a) return { offset: at, what: missing(bytes, at) };
      want = 'value';
      at++;
    } else if (byte === 0x7b || byte === 0x5b) {
      open.push(byte === 0x7b);
      want = byte === 0x7b ? 'name-or-end' : 'value-or-end';
      at++;
    } else {
      const end = byte === 0x22 ? skipString(bytes, at) : skipScalar(bytes, at);
      if (typeof end !== 'number') return end;
      want = 'next';
      at = end;
    }
  }
}

function missing(bytes: Buffer, at: number): JsonFault['what'] {
  return at < bytes.length ? 'unexpected' : 'ends-early';
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpaceByte(bytes[at])) at++;
  return at;
}

export function isSpaceByte(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The offset past the string that opens at `from`. */
function skipString(bytes: Buffer, from: number): number | JsonFault {
  let at = from + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined) return { offset: at, what: 'ends-early' };
    if (byte < 0x20) return { offset: at, what: 'unexpected' };
    at++;
    if (byte === 0x22) return at;
    if (byte !== 0x5c) continue;
    const escaped = bytes[at];
    if (escaped === 0x75) {
      const hex = /^[0-9a-fA-F]*/.exec(bytes.toString('latin1', at + 1, at + 5))?.[0] ?? '';
      at += 1 + hex.length;
      if (hex.length < 4) return { offset: at, what: missing(bytes, at) };
    } else {
      if (escaped === undefined || !escapes.has(escaped)) {
        return { offset: at, what: missing(bytes, at) };
      }
      at++;
    }
  }
}

/** The offset past the number or word that begins at `from`. */
function skipScalar(bytes: Buffer, from: number): number | JsonFault {
  let end = from;
  for (let byte = bytes[end]; byte !== undefined && isScalarByte(byte); ) byte = bytes[++end];
  const scalar = bytes.toString('latin1', from, end);
  if (words.includes(scalar) || numberPattern.test(scalar)) return end;
  const started = numberStart.exec(scalar)?.[0].length ?? 0;
  const at = from + Math.max(started, ...words.map((word) => sharedLength(word, scalar)));
  return { offset: at, what: missing(bytes, at) };
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Letters, digits, sign and point: all that a scalar is made of. */
export function isScalarByte(byte: number): boolean {
  const letter = byte | 0x20;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (letter >= 0x61 && letter <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
