/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * CloudTrail's own limit on a user agent is 1,024; nothing shown or indexed is longer. `raw` keeps
 * the whole.
 */
const textLengthMax = 2048;

/** The value as a JSON object, or null. The one cast here: a non-array object has string keys. */
export function object(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : null;
}

/** The value as a JSON array, or null. */
export function list(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}

export function field(from: Fields | null, name: string): unknown {
  return from?.[name];
}

/**
 * A field's text, or null where it is absent, empty or something else. PostgreSQL text holds no
 * NUL.
 */
export function text(from: Fields | null, name: string): string | null {
  const value = field(from, name);
  if (typeof value !== 'string' || value === '') return null;
  const cut = value.length > textLengthMax ? value.slice(0, textLengthMax) : value;
  return cut.includes('\0') ? cut.replaceAll('\0', '\uFFFD') : cut;
}
