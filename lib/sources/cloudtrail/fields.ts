/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

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
 * A field's text as the record has it, or null where it is absent, empty or something else. How
 * long it may be is `boundedRecord`'s to say.
 */
export function text(from: Fields | null, name: string): string | null {
  const value = field(from, name);
  return typeof value === 'string' && value !== '' ? value : null;
}
