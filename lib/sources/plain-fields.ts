/**
 * Members of a record by name, whatever an export made of the names: another case, underscores, the suffixes that a
 * table puts behind them, structures as JSON text.
 */
import { plain } from './cloudtrail/canonical.ts';
import { type Fields, object } from './cloudtrail/fields.ts';

export class PlainFields {
  readonly whole: Fields;
  readonly #members: ReadonlyMap<string, unknown>;

  constructor(whole: Fields, nameOf: (name: string) => string = plain) {
    this.whole = whole;
    this.#members = new Map(
      Object.entries(whole).flatMap(([name, value]): [string, unknown][] =>
        value === null || value === '' ? [] : [[nameOf(name), value]],
      ),
    );
  }

  /** The first of the names that has a value; names in lower case, without underscores. */
  get(...names: readonly string[]): unknown {
    for (const name of names) {
      const value = this.#members.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** A text or number as text. */
  text(...names: readonly string[]): string | null {
    const value = this.get(...names);
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    return typeof value === 'string' ? value : null;
  }

  /** A member that is a structure or the JSON text of one; an empty structure where absent. */
  inner(...names: readonly string[]): PlainFields {
    return new PlainFields(structure(this.get(...names)) ?? {});
  }

  /** Every member, by its plain name. */
  entries(): Iterable<readonly [string, unknown]> {
    return this.#members;
  }
}

/** An object, or what the JSON text of one stands for. */
export function structure(value: unknown): Fields | null {
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return object(value);
  try {
    return object(JSON.parse(value));
  } catch {
    return null;
  }
}
