import { type JsonFault, jsonFault } from './json-fault.ts';

/** A JSON value of a file with its own text, or a place where there is none. */
export type JsonDocument =
  | { kind: 'value'; value: unknown; text: string }
  | { kind: 'fault'; offset: number; reason: string };

interface Line {
  offset: number;
  text: string;
}

/**
 * The JSON values of a file: the whole, or one on each line (NDJSON), where a bad line is a fault
 * of its own. Blank bytes hold none. Offsets count the `skipped` bytes of byte order mark that
 * stood before `bytes`.
 */
export function* jsonDocuments(bytes: Buffer, skipped: number): Generator<JsonDocument> {
  const text = bytes.toString('utf8');
  const whole = parseJson(text);
  if (whole) {
    yield { kind: 'value', value: whole.value, text: text.trim() };
    return;
  }
  if (!isLines(bytes)) {
    const fault = jsonFault(bytes);
    if (fault && /\S/.test(text)) yield sayFault(bytes, { fault, skipped });
    return;
  }
  for (const line of lines(bytes)) {
    const parsed = parseJson(line.text);
    if (parsed) yield { kind: 'value', value: parsed.value, text: line.text };
    else {
      const offset = skipped + line.offset;
      const reason = `the line at byte ${offset} is not JSON and was left out: export it again`;
      yield { kind: 'fault', offset, reason };
    }
  }
}

/**
 * Whether a text that is not JSON as a whole is JSON by lines: some line alone is an object with
 * content, and the first does not merely open a bracket, as that of a damaged document written over
 * many lines does.
 */
function isLines(bytes: Buffer): boolean {
  let first = true;
  for (const { text } of lines(bytes)) {
    if (first && /[[{]$/.test(text)) return false;
    first = false;
    const value = parseJson(text)?.value;
    if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) return true;
  }
  return false;
}

/** The lines with anything in them, trimmed, each with the byte offset of its first byte. */
function* lines(bytes: Buffer): Generator<Line> {
  for (let offset = 0; offset < bytes.length; ) {
    const end = bytes.indexOf(0x0a, offset);
    const next = end === -1 ? bytes.length : end + 1;
    const text = bytes.toString('utf8', offset, next).trim();
    if (text !== '') yield { offset, text };
    offset = next;
  }
}

function parseJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

function sayFault(
  bytes: Buffer,
  { fault, skipped }: { fault: JsonFault; skipped: number },
): JsonDocument {
  const offset = skipped + fault.offset;
  const place = `byte ${offset} (line ${lineOf(bytes, fault.offset)})`;
  const reasons = {
    'ends-early': `not JSON: it ends too early, at ${place}; fetch or export the file again`,
    unexpected: `not JSON from ${place} on; mend it there, or fetch or export the file again`,
    'second-value': `more than one JSON value, the second at ${place}; write each on one line`,
  };
  return { kind: 'fault', offset, reason: reasons[fault.what] };
}

function lineOf(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(0x0a); at !== -1 && at < offset; at = bytes.indexOf(0x0a, at + 1)) {
    line++;
  }
  return line;
}
