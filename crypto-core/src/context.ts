/** Encodes a workspace and the caller's context into their canonical bytes, as docs/format.md specifies. */

const contextBytesMax = 64 * 1024;
const contextEntriesMax = 64;
/** Longer texts are encoded by native code, which is slower to call. */
const shortTextMax = 64;

/**
 * @throws {TypeError} if anything is not a string; {RangeError} beyond 63 entries or 64 KiB.
 */
export function encodeContext(
  workspace: string,
  context: Readonly<Record<string, string>> = {},
): Buffer {
  if (!isRecord(context)) throw new TypeError('context must be a plain object of strings');
  const names = Object.keys(context);
  if (names.length >= contextEntriesMax)
    throw new RangeError(`context may hold at most ${contextEntriesMax - 1} entries`);
  if (names.length > 1) names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const texts = ['', workspace];
  let length = 12 + byteLength(workspace);
  for (const name of names) {
    const value = context[name];
    if (typeof value !== 'string') throw new TypeError(`context['${name}'] must be a string`);
    if (name === '') throw new TypeError('context may not hold an empty name');
    texts.push(name, value);
    length += 8 + wellFormedLength(name) + wellFormedLength(value);
  }
  if (length > contextBytesMax)
    throw new RangeError(`context may be at most ${contextBytesMax} bytes`);
  const bytes = Buffer.allocUnsafe(length);
  let at = bytes.writeUInt32BE(names.length + 1, 0);
  for (const text of texts) at = writeText(bytes, at, text);
  return bytes;
}

/** Refuses lone surrogates: all become U+FFFD, so two contexts could have the same bytes. */
function wellFormedLength(text: string): number {
  if (isShortAscii(text)) return text.length;
  if (!text.isWellFormed()) throw new TypeError('context must hold well-formed strings');
  return Buffer.byteLength(text);
}

const byteLength = (text: string): number =>
  isShortAscii(text) ? text.length : Buffer.byteLength(text);

/** Writes the length of a text and the text; returns where it ends. */
function writeText(bytes: Buffer, at: number, text: string): number {
  const from = at + 4;
  if (isShortAscii(text)) {
    for (let n = 0; n < text.length; n += 1) bytes[from + n] = text.charCodeAt(n);
    bytes.writeUInt32BE(text.length, at);
    return from + text.length;
  }
  const written = bytes.write(text, from);
  bytes.writeUInt32BE(written, at);
  return from + written;
}

function isShortAscii(text: string): boolean {
  if (text.length > shortTextMax) return false;
  for (let n = 0; n < text.length; n += 1) if (text.charCodeAt(n) > 0x7f) return false;
  return true;
}

/** Whether it is a plain object: a Map, an array or a string would lose or gain entries. */
function isRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
